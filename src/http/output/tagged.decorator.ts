import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { RouteSettings } from '../server/route-settings.js';
import { namedExamples } from './answers.decorator.js';
import { ErrorResponse } from './error.response.js';
import { PreconditionFailed } from './http-errors.js';

/** The header of every success of a tagged route, for `Answers`. */
export const ETAG = { ETag: 'Strong entity tag of the object as GET returns it to you: a digest of that body.' };

/** The responses of a POST carry an `ETag`. */
export const Tagged = (): MethodDecorator => RouteSettings({ isTagged: true });

/** The responses of a GET carry an `ETag`, and the route honours `If-None-Match`. */
export const TaggedRead = (): MethodDecorator =>
  applyDecorators(
    Tagged(),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'Entity tags that you have; if one of them is current, the response is a 304 without a body.',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 304,
      description: 'Your copy is current.',
      headers: { ETag: { description: ETAG.ETag, schema: { type: 'string' } } },
    }),
  );

/** The responses of a PATCH or DELETE carry an `ETag`, and the route honours `If-Match`. */
export const TaggedWrite = (): MethodDecorator =>
  applyDecorators(
    Tagged(),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The `ETag` that you have seen. If the object has changed since then, the response is a 412.',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 412,
      description: 'The object has changed since you read it, so nothing was changed.',
      type: ErrorResponse,
      examples: namedExamples({ 'Somebody else has changed it.': { message: new PreconditionFailed().message } }),
    }),
  );
