import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseFailureOf, domainErrorOf, type ConstraintErrors } from './database-errors.js';
import type { ErrorKind } from './domain-error.js';
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
    const { status, headers = {}, body } = this.answerTo(error, request.is404);
    if (status === 500) request.log.error(defectOf(error), 'unexpected error');
    void reply.status(status).headers(headers).type('application/json; charset=utf-8').send(body);
  }

  /** @param isUnknownPath which comes before everything else that is wrong with a request */
  private answerTo(error: unknown, isUnknownPath: boolean): Answer {
    const refusal = domainErrorOf(error, this.constraints);
    if (refusal !== undefined) {
      return { ...KINDS[refusal.kind], body: { message: refusal.message, ...refusal.details } };
    }
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
}

function statusOf(error: unknown): number {
  const { statusCode } = Object(error) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

/** @returns what may be logged of a defect: no message, for it may repeat what a client sent */
function defectOf(error: unknown): object {
  const { name, stack = '' } = Object(error) as { name?: string; stack?: string };
  const { code, constraint } = databaseFailureOf(error);
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return { error: name, code, constraint, stack: frames.join('\n') };
}
