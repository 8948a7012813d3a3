import { BEARER_SCHEME, SCOPE_EXTENSION } from '../auth/require-scope.decorator.js';
import type { Scope } from '../auth/scope.js';
import { InsufficientScope, InvalidServiceKey, NoServiceKey } from '../auth/service.errors.js';
import { NotFound, Overloaded, TooManyRequests } from '../common/errors.js';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { documentedHeaders, namedExamples } from '../http/output/answers.decorator.js';
import { formatError, type ErrorFormat } from '../http/output/error-format.js';
import { NotAcceptable, UnsupportedMediaType } from '../http/output/http-errors.js';
import { HTTP_MESSAGES } from '../http/output/http-messages.js';
import { OAuthErrorResponse, ProblemResponse } from '../http/output/problem.response.js';
import { RETRY_AFTER, type Operation, type Response } from './shared-responses.js';

/** Why an operation responds with a status. */
interface Reason {
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The classes that document the errors, for the document to know them. */
export const STANDARD_ERRORS = [ProblemResponse, OAuthErrorResponse];

/** @returns the scope that an operation needs; undefined if it is not one for service accounts */
export function scopeOf(operation: Operation & { [SCOPE_EXTENSION]?: Scope }): Scope | undefined {
  return operation[SCOPE_EXTENSION];
}

const CHALLENGE = { 'WWW-Authenticate': '`Bearer`, with the error if a key was sent (RFC 6750).' };
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

/** @returns status -> sentence -> reason */
function reasonsFor(
  scope: Scope,
  path: string,
  method: string,
  isOauth: boolean,
): Record<number, Record<string, Reason>> {
  const sentence = (message: string) => ({ [message]: { message } });
  const hasBody = ['post', 'patch'].includes(method);
  return {
    400: sentence(HTTP_MESSAGES[400]),
    401: { 'No key was sent.': new NoServiceKey(), 'The key is not valid.': new InvalidServiceKey() },
    403: { 'It is not the key of a service account with the scope.': new InsufficientScope(scope) },
    ...(path.includes('{') ? { 404: { 'It does not exist.': new NotFound() } } : {}),
    406: { 'The Accept header excludes the media types of the response.': new NotAcceptable() },
    ...(hasBody ? { 413: sentence(HTTP_MESSAGES[413]) } : {}),
    ...(hasBody
      ? {
          415: {
            'The body has an unsupported media type, or is compressed.': new UnsupportedMediaType(
              isOauth ? { onlyForm: true } : { onlyJson: true },
            ),
          },
        }
      : {}),
    429: { 'Too many requests.': new TooManyRequests(42) },
    503: { 'The database is unavailable.': new DatabaseUnavailable(), 'The service is overloaded.': new Overloaded() },
  };
}

/**
 * Adds the responses that all operations for service accounts share, unless the operation documents them itself. 408
 * and 431 come from below HTTP's routes, in the format of `/api/v2`.
 */
export function addStandardResponses(path: string, operation: Operation, method: string, scope: Scope): void {
  const isOauth = path.startsWith('/oauth2/');
  const format = isOauth ? 'oauth' : 'problem';
  operation.security ??= [{ [BEARER_SCHEME]: [] }];
  for (const [status, reasons] of Object.entries(reasonsFor(scope, path, method, isOauth))) {
    operation.responses[status] ??= responseOf(Number(status), reasons, format);
  }
  operation.responses['408'] ??= { $ref: '#/components/responses/RequestTimeout' };
  operation.responses['431'] ??= { $ref: '#/components/responses/HeadersTooLarge' };
}

function responseOf(status: number, reasons: Record<string, Reason>, format: ErrorFormat): Response {
  const bodies = Object.entries(reasons).map(([sentence, { message, headers = {} }]) => {
    return [sentence, formatError({ status, headers, body: { message } }, format).body] as const;
  });
  const schema = format === 'oauth' ? OAuthErrorResponse.name : ProblemResponse.name;
  return {
    description: Object.keys(reasons).join(' '),
    ...documentedHeaders(HEADERS[status]),
    content: {
      [format === 'oauth' ? 'application/json' : 'application/problem+json']: {
        schema: { $ref: `#/components/schemas/${schema}` },
        examples: namedExamples(Object.fromEntries(bodies)),
      },
    },
  };
}
