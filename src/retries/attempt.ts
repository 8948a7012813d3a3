import { createHmac, hkdfSync } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { currentMedicOf } from '../auth/current-medic.decorator.js';
import { keyTextOf } from '../auth/key-digest.js';
import { seal, unseal } from '../common/sealing.js';
import { canonical } from '../http/input/canonical.js';
import { readIdempotencyKey } from './idempotency-key.js';

/** Length of each derived secret, in bytes. */
const SECRET = 32;

/**
 * A request with an `Idempotency-Key`. Everything that is stored about it depends on the caller's API key, which is never
 * stored: without that key, neither a short Idempotency-Key nor a password in the body can be guessed from the row.
 */
export class Attempt {
  /** Of the caller's account. */
  readonly medicId: number;
  /** Digest of the API key and the Idempotency-Key. */
  readonly name: Buffer;
  /** Digest of the method, the route, the query and the body. */
  readonly request: Buffer;
  private readonly secret: Buffer;

  private constructor(request: FastifyRequest, idempotencyKey: string) {
    const derived = Buffer.from(
      hkdfSync('sha256', keyTextOf(request), idempotencyKey, 'hospital-memberships idempotency', 3 * SECRET),
    );
    this.medicId = currentMedicOf(request).id;
    this.name = derived.subarray(0, SECRET);
    this.request = createHmac('sha256', derived.subarray(SECRET, 2 * SECRET))
      .update(textOf(request))
      .digest();
    this.secret = derived.subarray(2 * SECRET);
  }

  /**
   * @param request is authenticated, and its body is parsed
   * @returns undefined without the header
   * @throws InvalidFields the header is malformed
   */
  static from(request: FastifyRequest): Attempt | undefined {
    const key = readIdempotencyKey(request.headers['idempotency-key'] as string | undefined);
    return key === undefined ? undefined : new Attempt(request, key);
  }

  /** @returns the text, encrypted */
  seal(text: string): Buffer {
    return seal(this.secret, this.name, Buffer.from(text));
  }

  /**
   * @param sealed the result of {@link seal} for the same API key and Idempotency-Key
   * @throws Error it was changed since then
   */
  open(sealed: Buffer): string {
    return unseal(this.secret, this.name, sealed).toString('utf8');
  }
}

/** Injects the {@link Attempt} of a request into a controller method, undefined without an `Idempotency-Key`. */
export const CurrentAttempt = createParamDecorator((_: unknown, context: ExecutionContext) =>
  Attempt.from(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** The same for the same request, however its JSON is laid out, and whatever boundary separates its parts. */
function textOf({ method, routeOptions, query, body }: FastifyRequest): string {
  return [method, routeOptions.url, canonical(query), canonical(body)].join('\n');
}
