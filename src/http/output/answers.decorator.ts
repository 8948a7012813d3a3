import { applyDecorators, type Type } from '@nestjs/common';
import { ApiOperation, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { ErrorResponse, ValidationErrorResponse } from './error.response.js';

/** What an operation answers, besides what every operation of its kind does (see `openapi.ts`). */
export interface AnswersOptions {
  /** What the operation does, in a few words. */
  readonly summary: string;
  /** Status of success; default 200. */
  readonly status?: number;
  /** The class of the body of success, or in brackets that of the items of an array. */
  readonly ok: Type | [Type];
  /** Names and descriptions of header fields of success. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Status -> one message for each reason that the operation refuses for. */
  readonly errors?: Readonly<Record<number, Readonly<Record<string, object>>>>;
}

/** Documents an operation: its success and the refusals of its own. */
export function Answers({ summary, status = 200, ok, headers = {}, errors = {} }: AnswersOptions): MethodDecorator {
  const success: ApiResponseOptions = {
    status,
    description: 'Success.',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
    ),
    ...(Array.isArray(ok) ? { type: ok[0], isArray: true } : { type: ok }),
  };
  const refusals = Object.entries(errors).map(([code, examples]) =>
    ApiResponse({
      status: Number(code),
      description: Object.keys(examples).join(' '),
      type: code === '400' ? ValidationErrorResponse : ErrorResponse,
      examples: Object.fromEntries(
        Object.entries(examples).map(([name, value], index) => [
          `reason${String(index + 1)}`,
          { summary: name, value },
        ]),
      ),
    }),
  );
  return applyDecorators(ApiOperation({ summary }), ApiResponse(success), ...refusals);
}
