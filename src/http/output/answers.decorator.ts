import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { ErrorResponse, ValidationErrorResponse } from './error.response.js';

/** Reason in one sentence -> body of the response. */
export type Reasons = Readonly<Record<string, object>>;

/** Documents an operation, apart from the responses that it shares with others of its kind (`openapi.ts`). */
export interface AnswersOptions {
  /** A verb and a noun, such as "Create a medic". */
  readonly summary: string;
  /** Rules of the operation in Markdown, without who may call it. */
  readonly rules: string;
  /** Changes that a success makes, in Markdown; a read has none. */
  readonly changes?: string;
  /** Request body and its examples by name; the first one is the default of the page. */
  readonly body?: {
    readonly type: Type;
    readonly required?: boolean;
    readonly examples: Readonly<Record<string, object>>;
  };
  /** Status of success; default 200. */
  readonly status?: number;
  /** Class of the body of success, in brackets for an array of it; `null` for a success without a body. */
  readonly ok: Type | [Type] | null;
  /** Header of a success -> its description. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Status -> reasons for it that only this operation has. */
  readonly errors?: Readonly<Record<number, Reasons>>;
}

/** Documents an operation: its rules, its request, its success and its own errors. */
export function Answers(options: AnswersOptions): MethodDecorator {
  const { summary, rules, changes = 'Nothing.', body, errors = {} } = options;
  return applyDecorators(
    ApiOperation({ summary, description: `**Rules:** ${rules}\n\n**Changes:** ${changes}` }),
    ...(body === undefined
      ? []
      : [ApiBody({ type: body.type, required: body.required ?? true, examples: namedExamples(body.examples) })]),
    ApiResponse(successOf(options)),
    ...Object.entries(errors).map(([code, reasons]) =>
      ApiResponse({
        status: Number(code),
        description: Object.keys(reasons).join(' '),
        type: code === '400' ? ValidationErrorResponse : ErrorResponse,
        examples: namedExamples(reasons),
      }),
    ),
  );
}

/** @returns examples under keys that OpenAPI permits, with their names as summaries */
export function namedExamples(examples: Readonly<Record<string, object>>): Record<string, ExampleOfDocument> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [keyOf(name), { summary: name, value }]));
}

/** An example as OpenAPI writes it. */
export interface ExampleOfDocument {
  summary: string;
  value: object;
}

function keyOf(name: string): string {
  return (
    name
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-') ?? 'example'
  );
}

/** @returns the member `headers` of a documented response, if it has any. @param headers name -> description */
export function documentedHeaders(headers: Readonly<Record<string, string>> = {}) {
  const documented = Object.entries(headers).map(([name, description]) => {
    return [name, { description, schema: { type: 'string' as const } }] as const;
  });
  return documented.length === 0 ? {} : { headers: Object.fromEntries(documented) };
}

function successOf({ status = 200, ok, headers }: AnswersOptions): ApiResponseOptions {
  return {
    status,
    description: 'Success.',
    ...documentedHeaders(headers),
    ...(ok === null ? {} : Array.isArray(ok) ? { type: ok[0], isArray: true } : { type: ok }),
  };
}
