import type { FastifyRequest } from 'fastify';
import type { Read } from './decisions.reader.js';

/** The input of a request, and the statement that it needs. */
export interface Understood<Input> {
  readonly input: Input;
  readonly read: Read;
}

/** Reads the body of a request once: for the prefetch, if there is one, and for the handler of the route. */
export class Asked<Input> {
  private readonly known = new WeakMap<FastifyRequest, Understood<Input>>();

  /** @param understand reads a body */
  constructor(private readonly understand: (body: unknown) => Understood<Input>) {}

  /** @throws InvalidFields the body is wrong */
  of(request: FastifyRequest): Understood<Input> {
    let known = this.known.get(request);
    if (known === undefined) {
      known = this.understand(request.body);
      this.known.set(request, known);
    }
    return known;
  }
}
