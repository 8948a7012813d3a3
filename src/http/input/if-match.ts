import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InvalidFields } from '../../common/errors.js';
import { entityTagOf, readTags, type RequestTag } from '../output/entity-tag.js';
import { PreconditionFailed } from '../output/http-errors.js';

const NAME = 'If-Match';

/**
 * The `If-Match` header of a request: the version of a resource that its client has seen (section 14 of the contract).
 */
export class IfMatch {
  private constructor(private readonly tags: readonly RequestTag[] | '*') {}

  /**
   * @param header undefined if the request does not send it
   * @throws InvalidFields the header is malformed
   */
  static from(header: string | undefined): IfMatch | undefined {
    if (header === undefined) return undefined;
    const tags = readTags(header);
    if (tags === null)
      throw new InvalidFields({ [NAME]: ['Must be * or a list of entity tags in double quotes, such as "abc".'] });
    return new IfMatch(tags);
  }

  /**
   * Compares strongly: a weak tag never matches. Call it under the lock of the resource, after the caller's right was
   * checked, and before the rules about its state.
   * @param body of the response to a GET by the same caller at this moment
   * @throws PreconditionFailed the client has seen another version
   */
  require(body: object): void {
    if (this.tags === '*') return;
    const current = entityTagOf(body);
    if (!this.tags.some(({ isWeak, tag }) => !isWeak && tag === current)) throw new PreconditionFailed();
  }
}

/** Injects the {@link IfMatch} of a request into a controller method, undefined without the header. */
export const ExpectedVersion = createParamDecorator((_: unknown, context: ExecutionContext) =>
  IfMatch.from(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);
