import type { FastifyRequest } from 'fastify';
import type { Read } from './decisions.reader.js';

/** The input of a request, and the statement that it needs. */
export interface Understood<Input> {
  readonly input: Input;
  readonly read: Read;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Result of {@link Asked.of}; undefined before its first call. A route asks in one way. */
    understood: Understood<unknown> | undefined;
  }
}

/** Reads the body of a request once: for the prefetch, if there is one, and for the handler of the route. */
export class Asked<Input> {
  /** @param understand reads a body */
  constructor(private readonly understand: (body: unknown) => Understood<Input>) {}

  /** @throws InvalidFields the body is wrong */
  of(request: FastifyRequest): Understood<Input> {
    const understood = (request.understood as Understood<Input> | undefined) ?? this.understand(request.body);
    request.understood = understood;
    return understood;
  }
}
