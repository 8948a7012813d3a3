import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { LogController, type FastifyReply, type FastifyRequest, type FastifyHttpOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Environment } from '../config/environment.js';
import { setAnswerHeaders } from './http-rules.js';
import { readForm } from './request-body.js';
import { logRequest, requestIdOf } from './request-log.js';

/** The largest body that is read, in bytes. */
const BODY_LIMIT = 1_048_576;

/** @returns how Fastify listens and routes (section 2 of the contract) */
export function fastifyOptions(environment: Environment, logger: Logger) {
  return {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    trustProxy: environment.TRUST_PROXY,
    bodyLimit: BODY_LIMIT,
    http: { requireHostHeader: false },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, querystringParser: readForm },
    frameworkErrors: (_: Error, request: FastifyRequest, reply: FastifyReply) => {
      setAnswerHeaders(request, reply);
      void reply.status(404).send({ message: 'Not found' });
      // No hook is called for a path that cannot be decoded.
      logRequest(request, reply);
    },
    clientErrorHandler: (error, socket) => {
      if (!socket.writable) return;
      const [status, message] =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? ['431 Request Header Fields Too Large', 'The header of the request is too large; send at most 16 KB.']
          : ['400 Bad Request', 'The request is not valid HTTP.'];
      const body = JSON.stringify({ message });
      socket.end(
        `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
          `Content-Length: ${String(Buffer.byteLength(body))}\r\nX-Request-Id: ${randomUUID()}\r\n` +
          `Connection: close\r\n\r\n${body}`,
      );
    },
  } satisfies FastifyHttpOptions<Server>;
}
