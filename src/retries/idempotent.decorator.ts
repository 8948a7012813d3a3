import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { namedExamples, type Reasons } from '../http/output/answers.decorator.js';
import { ErrorResponse } from '../http/output/error.response.js';
import { IdempotencyKeyReused, RequestInProgress } from './retry-errors.js';

/** The header of a repeated success, for `Answers`. */
export const REPLAYED = {
  'Idempotent-Replayed': '`true` if this is the stored response to an earlier request with the same `Idempotency-Key`.',
};

/** A reason for a 409 of an idempotent route, for `Answers`. */
export const IN_PROGRESS: Reasons = {
  'A request with the same `Idempotency-Key` is still running.': { message: new RequestInProgress().message },
};

/** Documents that a POST honours `Idempotency-Key`; the controller calls `answerOnce`. */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'A new value for each change, 1 to 255 characters, in double quotes or not. If the same request is sent again ' +
        'within 24 hours, nothing changes, and the response is the stored one.',
      schema: { type: 'string', minLength: 1, maxLength: 257 },
    }),
    ApiResponse({
      status: 422,
      description: 'The `Idempotency-Key` was used for another request.',
      type: ErrorResponse,
      examples: namedExamples({
        'The key was used for another request.': { message: new IdempotencyKeyReused().message },
      }),
    }),
  );
