import { BadRequestException, Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DomainError, ErrorKind } from '../../common/errors.js';
import { DatabaseUnavailable, domainErrorOf, OutOfIds, type ConstraintErrors } from '../../database/database-errors.js';
import { formatError, type ErrorFormat, type ErrorReply } from './error-format.js';
import { UnsupportedMediaType } from './http-errors.js';
import { HTTP_MESSAGES } from './http-messages.js';
import { isLostClient, logFailure } from '../../observability/failure-log.js';
import { isStandardPath } from '../server/http-rules.js';

/** Status and headers of each kind of error. */
const KINDS: Record<ErrorKind, { status: number; headers?: Record<string, string> }> = {
  invalid: { status: 400 },
  unauthorized: { status: 401, headers: { 'www-authenticate': 'Token' } },
  forbidden: { status: 403 },
  'not found': { status: 404 },
  'method not allowed': { status: 405 },
  'not acceptable': { status: 406 },
  conflict: { status: 409 },
  'precondition failed': { status: 412 },
  'unsupported media type': { status: 415 },
  unprocessable: { status: 422 },
  'too many requests': { status: 429 },
  'not implemented': { status: 501 },
  unavailable: { status: 503, headers: { 'retry-after': '1' } },
};

/** Messages for requests that Fastify itself rejects. */
const FRAMEWORK_MESSAGES: Record<number, string> = { ...HTTP_MESSAGES, 404: 'Not found' };

/** Maps every error to its status, headers and body (section 2 of the contract). */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly constraints: ConstraintErrors) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    // Nobody receives this response. Its error must not be taken for one of the database.
    const thrown = isLostClient(error, request) ? new BadRequestException() : error;
    const refusal = domainErrorOf(thrown, this.constraints);
    const answer = refusal === undefined ? frameworkReply(thrown, request) : refusalReply(refusal);
    const { status, headers = {} } = answer;
    if (status === 500 || refusal instanceof DatabaseUnavailable || refusal instanceof OutOfIds)
      logFailure(request.log, error);
    const { type, body } = formatError(answer, formatOf(request));
    // As bytes, because Fastify adds a charset to JSON, and `application/problem+json` has no such parameter.
    void reply
      .status(status)
      .headers(headers)
      .type(type)
      .send(Buffer.from(JSON.stringify(body)));
  }
}

/** @returns the format of the errors of a route; an unknown path takes that of the routes with its prefix */
function formatOf({ is404, url, routeOptions }: FastifyRequest): ErrorFormat | undefined {
  return is404 && isStandardPath(url) ? 'problem' : routeOptions.config.errorFormat;
}

function refusalReply({ kind, message, details, headers }: DomainError): ErrorReply {
  const { status, headers: ofKind } = KINDS[kind];
  return { status, headers: { ...ofKind, ...headers }, body: { message, ...details } };
}

/** An unknown path takes precedence over any other fault of the request. */
function frameworkReply(error: unknown, { is404, routeOptions }: FastifyRequest): ErrorReply {
  const thrown = error instanceof HttpException ? error.getStatus() : statusOf(error);
  // 403 is for paths below /docs that name no file there, such as `/docs/../x`.
  const isNotFound = thrown === 414 || thrown === 403 || (is404 && thrown < 500);
  const status = isNotFound ? 404 : thrown;
  if (status === 415) return refusalReply(new UnsupportedMediaType(routeOptions.config));
  const message = FRAMEWORK_MESSAGES[status];
  if (message === undefined) return { status: 500, body: { message: 'Something went wrong on our side.' } };
  return { status, body: { message } };
}

function statusOf(error: unknown): number {
  const { statusCode } = Object(error) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
