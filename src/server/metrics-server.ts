import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Environment } from '../config/environment.js';
import { expose, typeFor, type MetricsSource } from '../observability/metrics/exposition.js';
import { addressOf, CannotListen, urlOf } from './listen.js';

/** Bounds of a server with one or two clients, which ask every few seconds. */
const MAX_CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 5000;
const IDLE_TIMEOUT_MS = 120_000;

/**
 * Serves `GET /metrics` on METRICS_HOST and METRICS_PORT, and nothing else. It has its own port so that a proxy never
 * publishes it, and so that an overloaded process still says why.
 * @returns the server
 * @throws CannotListen
 */
export async function serveMetrics(source: MetricsSource, environment: Environment, logger: Logger): Promise<Server> {
  const { METRICS_PORT: port, METRICS_HOST: host = environment.HOST } = environment;
  const server = createServer(
    { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: IDLE_TIMEOUT_MS },
    (request, response) => {
      respond(source, request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  try {
    server.listen(port, addressOf(host));
    await once(server, 'listening');
  } catch (error) {
    throw new CannotListen((error as NodeJS.ErrnoException).code ?? 'unknown', 'METRICS_');
  }
  logger.info(`Metrics at ${urlOf(host, (server.address() as AddressInfo).port)}/metrics`);
  return server;
}

async function respond(source: MetricsSource, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  if (request.method !== 'GET' || path !== '/metrics') {
    // The body is not read, so the connection cannot serve another request.
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end('Not found\n');
    return;
  }
  const { type, text } = await expose(await source.snapshots(), typeFor(request.headers.accept));
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
