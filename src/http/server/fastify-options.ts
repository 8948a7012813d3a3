import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyHttpOptions, FastifyReply, FastifyRequest } from 'fastify';
import type { Bindings, Logger } from 'pino';
import type { Environment } from '../../config/environment.js';
import { respondToClientError } from './client-errors.js';
import type { Connections } from './connections.js';
import { corsHeadersOf } from './cors.js';
import { FailureLog } from '../../observability/failure-log.js';
import { readForm } from '../input/form.js';
import { formatError } from '../output/error-format.js';
import { isStandardPath, setResponseHeaders } from './http-rules.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { noteResponse, requestIdOf } from '../../observability/request-log.js';
import { traceParentOf } from '../../observability/trace-context.js';
import type { Traces } from '../../observability/traces.js';

/** In bytes. */
export const BODY_LIMIT = 1_048_576;

/** Time for the headers of a request, and for all of it: a slow upload of two pictures. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** Interval at which both are checked. */
const CHECK_INTERVAL_MS = 5_000;

/** Time without traffic during a request, for example if the client does not read the response. */
const IDLE_TIMEOUT_MS = 60_000;

/** No route has a Fastify schema, but Fastify would load its own compilers at startup anyway. */
const NO_COMPILER = () => () => {
  throw new Error('Routes must not use Fastify schemas.');
};

/** @returns the options for parsing and routing requests (section 2 of the contract) */
export function fastifyOptions(environment: Environment, logger: Logger, connections: Connections, traces?: Traces) {
  return {
    loggerInstance: logger,
    childLoggerFactory: (parent: FastifyBaseLogger, bindings: Bindings, _: object, request: IncomingMessage) => {
      const traceId = traces?.begin(request) ?? traceParentOf(request)?.traceId;
      return parent.child(traceId === undefined ? bindings : { ...bindings, trace_id: traceId });
    },
    logController: new FailureLog(),
    genReqId: requestIdOf,
    requestIdHeader: false,
    // Fastify runs no hooks for `*`, so it becomes an unknown path like any other.
    rewriteUrl: ({ url = '' }) => (url === '*' ? '/*' : url),
    trustProxy: environment.TRUST_PROXY,
    bodyLimit: BODY_LIMIT,
    http: {
      requireHostHeader: false,
      // Duplicate Host or Authorization headers become invalid, because a proxy may have read the other one.
      joinDuplicateHeaders: true,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    schemaController: { compilersFactory: { buildValidator: NO_COMPILER, buildSerializer: NO_COMPILER } },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, querystringParser: readForm },
    frameworkErrors: (_: Error, request: FastifyRequest, reply: FastifyReply) => {
      // Fastify runs no hooks for a path that cannot be decoded.
      setResponseHeaders(request, reply);
      void reply.headers(SECURITY_HEADERS);
      void reply.headers(corsHeadersOf(environment.CORS_ORIGINS, request.headers.origin));
      const format = isStandardPath(request.url) ? 'problem' : undefined;
      const { type, body } = formatError({ status: 404, body: { message: 'Not found' } }, format);
      void reply
        .status(404)
        .type(type)
        .send(Buffer.from(JSON.stringify(body)));
      noteResponse(request, reply);
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => {
      respondToClientError(error, socket, connections);
    },
  } satisfies FastifyHttpOptions<Server>;
}
