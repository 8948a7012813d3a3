import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyReply, type FastifyRequest, type FastifyHttpOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Environment } from '../../config/environment.js';
import { answerClientError } from './client-errors.js';
import type { Connections } from './connections.js';
import { corsHeadersOf } from './cors.js';
import { FailureLog } from '../../observability/failure-log.js';
import { readForm } from '../input/form.js';
import { setAnswerHeaders } from './http-rules.js';
import { logRequest, requestIdOf } from '../../observability/request-log.js';

/** The largest body that is read, in bytes. */
const BODY_LIMIT = 1_048_576;

/** Within which time the header of a request must have arrived, and the whole of it: a slow upload of two pictures. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** How often that is looked at. */
const CHECK_EVERY_MS = 5_000;

/** For how long a connection may be silent during a request, such as one whose client does not read the answer. */
const SILENCE_TIMEOUT_MS = 60_000;

/** No route has a schema of Fastify's; its own compilers would be loaded at start all the same. */
const NO_COMPILER = () => () => {
  throw new Error('Fastify is not asked to validate or to serialize.');
};

/** @returns how Fastify listens and routes (section 2 of the contract) */
export function fastifyOptions(environment: Environment, logger: Logger, connections: Connections) {
  return {
    loggerInstance: logger,
    logController: new FailureLog(),
    genReqId: requestIdOf,
    requestIdHeader: false,
    trustProxy: environment.TRUST_PROXY,
    bodyLimit: BODY_LIMIT,
    http: {
      requireHostHeader: false,
      // Of two Host or Authorization fields neither is taken: what came before the service may take the other.
      joinDuplicateHeaders: true,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_TIMEOUT_MS,
    schemaController: { compilersFactory: { buildValidator: NO_COMPILER, buildSerializer: NO_COMPILER } },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, querystringParser: readForm },
    frameworkErrors: (_: Error, request: FastifyRequest, reply: FastifyReply) => {
      // No hook is called for a path that cannot be decoded.
      setAnswerHeaders(request, reply);
      void reply.headers(corsHeadersOf(environment.CORS_ORIGINS, request.headers.origin));
      void reply.status(404).send({ message: 'Not found' });
      logRequest(request, reply);
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => {
      answerClientError(error, socket, connections);
    },
  } satisfies FastifyHttpOptions<Server>;
}
