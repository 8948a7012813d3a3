import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AppModule } from './app.module.js';
import { FailureLimit } from './auth/failure-limit.js';
import { hasServiceKey, keyDigestOf } from './auth/key-digest.js';
import { registerUncheckedKeys } from './auth/unchecked-keys.js';
import { registerBodyQueue } from './http/server/body-queue.js';
import { Connections, registerConnections } from './http/server/connections.js';
import { registerCors } from './http/server/cors.js';
import { ErrorFilter } from './http/output/error.filter.js';
import { fastifyOptions } from './http/server/fastify-options.js';
import { registerForwardedFor } from './http/server/forwarded-for.js';
import {
  API_PREFIX,
  registerHttpRules,
  registerNegotiation,
  STANDARD_ROUTES,
  USER_ROUTE,
} from './http/server/http-rules.js';
import { registerEntityTags } from './http/output/entity-tag.js';
import { Reads } from './database/reads.js';
import { InputPipe } from './http/input/input.pipe.js';
import { Limiters } from './limits/limiter.js';
import { NestLog } from './observability/logger.js';
import { registerLoadShedding } from './http/server/load-shedding.js';
import { boundsOf, openFileLimit } from './http/server/open-files.js';
import { registerOtherMethods, registerUnknownPaths } from './http/server/methods.js';
import { registerRateLimit } from './limits/rate-limit.js';
import { registerBodyParsers } from './http/input/request-body.js';
import { connectRedis } from './limits/redis.js';
import { registerRequestLog } from './observability/request-log.js';
import { registerSecurityHeaders } from './http/server/security-headers.js';
import type { Traces } from './observability/traces.js';
import { publicPathOf } from './http/output/urls.js';
import type { Environment } from './config/environment.js';
import { CONSTRAINT_ERRORS } from './server/constraint-errors.js';
import { serveDocsPage } from './server/docs-page.js';
import { createOpenApiDocument, serveDocument } from './server/openapi.js';

/**
 * Builds the application, ready to listen. The server and all tests use it.
 * @param dataSource connected; closing the application disconnects it
 */
export async function createApp(
  dataSource: DataSource,
  environment: Environment,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const redis = environment.REDIS_URL === undefined ? null : await connectRedis(environment.REDIS_URL, logger);
  const limiters = new Limiters(redis, environment);
  const connections = new Connections(boundsOf(openFileLimit()), logger);
  const traces = await startTraces(environment, logger);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.on(dataSource, environment, limiters),
    new FastifyAdapter({ ...fastifyOptions(environment, logger, connections, traces), skipMiddie: true }),
    // Otherwise Nest would end the process instead of throwing.
    { bodyParser: false, logger: new NestLog(logger), abortOnError: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  const addOtherMethods = registerOtherMethods(fastify);
  traces?.register(fastify);
  await registerCors(fastify, environment.CORS_ORIGINS);
  registerConnections(fastify, connections);
  if (environment.TRUST_PROXY !== false) registerForwardedFor(fastify);
  registerSecurityHeaders(fastify);
  registerHttpRules(fastify);
  registerEntityTags(fastify);
  registerRequestLog(fastify, environment.LOG_ADDRESS_KEY);
  if (environment.RATE_LIMIT > 0) registerLoadShedding(fastify, connections, environment.WEB_CONCURRENCY);
  registerRateLimit(fastify, limiters, environment.RATE_LIMIT, { digestOf: keyDigestOf, isService: hasServiceKey });
  registerUncheckedKeys(fastify, app.get(FailureLimit));
  registerNegotiation(fastify, environment.PUBLIC_URL);
  registerUnknownPaths(fastify);
  if (environment.METRICS_PORT !== undefined) {
    const { createMetrics } = await import('./observability/metrics/create-metrics.js');
    const inProgress = () => connections.inProgress;
    const metrics = createMetrics({ dataSource, reads: app.get(Reads), limiters, inProgress });
    fastify.decorate('metrics', metrics);
    fastify.addHook('onClose', (_, done) => {
      metrics.close();
      done();
    });
  }
  registerBodyQueue(fastify, connections);
  registerBodyParsers(fastify);
  useApiPrefix(app);
  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(new ErrorFilter(CONSTRAINT_ERRORS));
  const document = createOpenApiDocument(app);
  serveDocsPage(app, document);
  const page = `${publicPathOf(environment.PUBLIC_URL)}/docs`;
  fastify.get('/', (_, reply) => reply.redirect(page));
  serveDocument(fastify, document);
  await app.init();
  addOtherMethods();
  return app;
}

/** @returns undefined without `OTEL_EXPORTER_OTLP_ENDPOINT`; then nothing of OpenTelemetry is loaded */
async function startTraces(environment: Environment, logger: Logger): Promise<Traces | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = environment;
  if (endpoint === undefined) return undefined;
  const { Traces } = await import('./observability/traces.js');
  return new Traces(endpoint, environment, logger);
}

/** Adds the prefix of the API to every route except health checks, {@link USER_ROUTE} and {@link STANDARD_ROUTES}. */
export function useApiPrefix(app: INestApplication): void {
  app.setGlobalPrefix(API_PREFIX, {
    exclude: ['health/live', 'health/ready', USER_ROUTE, ...STANDARD_ROUTES],
  });
}
