import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DatabaseUnavailable, domainErrorOf, OutOfIds, type ConstraintErrors } from '../../database/database-errors.js';
import type { DomainError, ErrorKind } from '../../common/domain-error.js';
import { logFailure } from '../../observability/failure-log.js';
import { HttpError } from './http-errors.js';

/** The status and the header fields of each kind of refusal. */
const KINDS: Record<ErrorKind, { status: number; headers?: Record<string, string> }> = {
  invalid: { status: 400 },
  unauthorized: { status: 401, headers: { 'www-authenticate': 'Token' } },
  'not found': { status: 404 },
  conflict: { status: 409 },
  unavailable: { status: 503, headers: { 'retry-after': '1' } },
};

/** The sentences for what Fastify refuses by itself. */
const FRAMEWORK_MESSAGES: Record<number, string> = {
  400: 'The request cannot be read; check its body and its length.',
  404: 'Not found',
  413: 'The body is too large; send at most 1 MB.',
  415: 'Unsupported media type; send application/json or application/x-www-form-urlencoded, not compressed.',
};

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: { readonly message: string };
}

/** Answers every error: the one place that decides its status and its body (section 2 of the contract). */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly constraints: ConstraintErrors) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const refusal = domainErrorOf(error, this.constraints);
    const { status, headers = {}, body } = refusal === undefined ? answerTo(error, request.is404) : answerOf(refusal);
    if (status === 500 || refusal instanceof DatabaseUnavailable || refusal instanceof OutOfIds)
      logFailure(request.log, error);
    void reply.status(status).headers(headers).type('application/json; charset=utf-8').send(body);
  }
}

function answerOf({ kind, message, details }: DomainError): Answer {
  return { ...KINDS[kind], body: { message, ...details } };
}

/** @param isUnknownPath which comes before everything else that is wrong with a request */
function answerTo(error: unknown, isUnknownPath: boolean): Answer {
  if (error instanceof HttpError) {
    return { status: error.statusCode, headers: error.headers, body: { message: error.message } };
  }
  const thrown = error instanceof HttpException ? error.getStatus() : statusOf(error);
  const isNotFound = thrown === 414 || (isUnknownPath && thrown < 500);
  const status = isNotFound ? 404 : thrown;
  const message = FRAMEWORK_MESSAGES[status];
  if (message === undefined) return { status: 500, body: { message: 'Something went wrong on our side.' } };
  return { status, body: { message } };
}

function statusOf(error: unknown): number {
  const { statusCode } = Object(error) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
