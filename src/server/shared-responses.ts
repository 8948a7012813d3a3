import type { OpenAPIObject } from '@nestjs/swagger';
import { InvalidToken } from '../auth/auth.errors.js';
import { UnauthorizedMedic } from '../access/access.errors.js';
import { NotFound, Overloaded, TooManyRequests } from '../common/errors.js';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { TooManyLists } from '../database/fair-pool.js';
import { documentedHeaders, namedExamples, type Reasons } from '../http/output/answers.decorator.js';
import { ErrorResponse, ValidationErrorResponse } from '../http/output/error.response.js';
import { NotAcceptable, UnsupportedMediaType } from '../http/output/http-errors.js';
import { HTTP_MESSAGES } from '../http/output/http-messages.js';

/** An operation as OpenAPI writes it. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
/** A response as OpenAPI writes it. */
export type Response = Exclude<
  NonNullable<NonNullable<OpenAPIObject['components']>['responses']>[string],
  { $ref: string }
>;

interface SharedResponse {
  /** Key in `components/responses`. */
  readonly name: string;
  readonly description: string;
  readonly reasons: Reasons;
  readonly headers?: Readonly<Record<string, string>>;
}

export const RETRY_AFTER = { 'Retry-After': 'Seconds to wait.' };

const reason = ({ message }: Error) => ({ message });

/** Status -> the response that operations share. */
const SHARED: Readonly<Record<number, SharedResponse>> = {
  400: {
    name: 'BadRequest',
    description: 'A field, a parameter, the body or the Host header is wrong; `errors` names the fields.',
    reasons: {
      'A field is missing.': {
        message: 'Some fields are not valid: hospital.',
        errors: { hospital: ['This field is required.'] },
      },
    },
  },
  401: {
    name: 'Unauthorized',
    description: '`Invalid Token`: no valid key. `Unauthorized Medic`: a valid key without the right.',
    reasons: {
      'The key is missing or not valid.': reason(new InvalidToken()),
      'The medic lacks the right.': reason(new UnauthorizedMedic()),
    },
    headers: { 'WWW-Authenticate': 'Always `Token`.' },
  },
  404: {
    name: 'NotFound',
    description: 'It does not exist, or you may not know about it.',
    reasons: { 'It does not exist, or you may not know about it.': reason(new NotFound()) },
  },
  406: {
    name: 'NotAcceptable',
    description: 'The Accept header excludes JSON.',
    reasons: { 'The Accept header excludes JSON.': reason(new NotAcceptable()) },
  },
  408: {
    name: 'RequestTimeout',
    description: 'The request did not arrive in time.',
    reasons: {
      'The request did not arrive in time.': { message: HTTP_MESSAGES[408] },
    },
  },
  413: {
    name: 'ContentTooLarge',
    description: 'The body is too large.',
    reasons: { 'The body is too large.': { message: HTTP_MESSAGES[413] } },
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body has an unsupported type, or is compressed.',
    reasons: {
      'The body has an unsupported type.': reason(new UnsupportedMediaType()),
      'The body has an unsupported type, and the operation also accepts CSV.': reason(
        new UnsupportedMediaType({ readCsv: Object }),
      ),
      'The body has an unsupported type, and the operation also accepts files.': reason(
        new UnsupportedMediaType({ acceptsUploads: true }),
      ),
    },
  },
  429: {
    name: 'TooManyRequests',
    description: 'A limit is exceeded; wait for `Retry-After` seconds.',
    reasons: {
      'Too many requests.': reason(new TooManyRequests(42)),
      'Too many lists at once.': reason(new TooManyLists()),
    },
    headers: RETRY_AFTER,
  },
  431: {
    name: 'HeadersTooLarge',
    description: 'The request headers are too large.',
    reasons: {
      'The request headers are too large.': { message: HTTP_MESSAGES[431] },
    },
  },
  503: {
    name: 'ServiceUnavailable',
    description: 'The database is unavailable, or the service is overloaded; wait for `Retry-After` seconds.',
    reasons: {
      'The database is unavailable.': reason(new DatabaseUnavailable()),
      'The service is overloaded.': reason(new Overloaded()),
    },
    headers: RETRY_AFTER,
  },
};

/** @returns `components/responses` of the document */
export function sharedResponses(): Record<string, Response> {
  return Object.fromEntries(
    Object.entries(SHARED).map(([status, { name, description, reasons, headers = {} }]) => {
      const schema = status === '400' ? ValidationErrorResponse.name : ErrorResponse.name;
      const response: Response = {
        description,
        ...documentedHeaders(headers),
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${schema}` },
            examples: namedExamples(reasons),
          },
        },
      };
      return [name, response];
    }),
  );
}

/** Refers an operation to the responses that come from the HTTP parser, before its route is known. */
export function addParserResponses(operation: Operation): void {
  refer(operation, [408, 431]);
}

/** Refers an operation outside the API to the responses beyond a limit. */
export function addLimitResponses(operation: Operation): void {
  refer(operation, [429, 503]);
}

function refer(operation: Operation, statuses: readonly number[]): void {
  for (const status of statuses) {
    operation.responses[String(status)] ??= { $ref: `#/components/responses/${SHARED[status]?.name ?? ''}` };
  }
}

/** Refers an operation of the API to the shared responses that it can return and does not document itself. */
export function addSharedResponses(path: string, operation: Operation, method: string): void {
  const isPublic = operation.security?.length === 0;
  const isJson = !JSON.stringify(operation.responses).includes('image/jpeg');
  const statuses = [
    ...(isPublic ? [] : [401]),
    ...(path.includes('{') ? [404] : []),
    ...(isJson ? [406] : []),
    ...[400, 408, 429, 431, 503],
    // Every POST and PATCH reads a body, even if the operation needs none; a DELETE ignores it unless it is too large.
    ...({ post: [413, 415], patch: [413, 415], delete: [413] }[method] ?? []),
  ];
  refer(operation, statuses);
}
