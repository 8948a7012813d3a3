import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { ServiceAccounts } from '../auth/service-accounts.js';
import { TokensService } from '../auth/tokens.service.js';
import { createLogger } from '../observability/logger.js';
import type { Environment } from '../config/environment.js';
import { createApp } from '../create-app.js';
import { RESPONSE_TIMEOUT_MS } from '../database/data-source-options.js';
import { EmbeddedDataSource } from '../database/embedded-data-source.js';
import { lacksEmbeddedDatabase, openDatabase } from '../database/open-database.js';
import { migrate, requireCurrentSchema } from '../database/schema.js';
import { warnOfEndlessStatements } from '../database/statement-timeout.js';
import { createFirstCallers, welcome } from './first-run.js';
import { listen, urlOf } from './listen.js';
import { sentenceOf } from './start-failure.js';
import { VERSION } from '../config/version.js';

/** Upper bound of the time for the last responses after the embedded database has failed. */
const LAST_RESPONSES_MS = 5000;

/**
 * Opens the database and starts listening. Migrates an embedded database, but never the database of a server.
 * @param print receives the text of the first start, which is kept out of the log because it contains a key
 * @throws SchemaIsBehind the database of a server needs `migrate`
 * @throws DatabaseFolderInUse another process has opened the embedded database
 * @throws DatabaseFolderUnusable DATA_DIR cannot be used
 * @throws EmbeddedDatabaseUnusable the embedded database cannot be opened
 * @throws EncodingIsNotUtf8, TablesAreForbidden, RecordIsForbidden the database cannot be used
 * @throws UnusableKeyFile SIGNING_KEY_FILE cannot be used
 * @throws OperatorError WEBHOOK_CA_FILE cannot be used
 * @throws CannotListen HOST or PORT cannot be used
 * @throws Error PostgreSQL cannot be reached; the error is the driver's
 */
export async function startServer(
  environment: Environment,
  print: (text: string) => void,
): Promise<NestFastifyApplication> {
  if (lacksEmbeddedDatabase(environment)) print(`Creating a database in ${environment.DATA_DIR} …\n`);
  const dataSource = await openDatabase(environment, RESPONSE_TIMEOUT_MS);
  const isEmbedded = dataSource instanceof EmbeddedDataSource;
  try {
    await dataSource.initialize();
    const logger = await createLogger(environment);
    if (isEmbedded) await migrate(dataSource);
    else {
      await requireCurrentSchema(dataSource);
      await warnOfEndlessStatements(dataSource, logger);
    }
    const app = await createApp(dataSource, environment, logger);
    app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
    logStop(app, logger);
    await offerMetrics(app, environment, logger);
    const port = await quietly(logger, () => listen(app, environment));
    logStart(logger, environment, dataSource, port);
    if (isEmbedded) {
      const keys = await createFirstCallers(dataSource, app.get(TokensService), app.get(ServiceAccounts));
      if (keys !== null) print(welcome(environment.PUBLIC_URL ?? `http://localhost:${String(port)}`, keys));
      dataSource.watch((error) => void endWith(error, app));
    }
    return app;
  } catch (error) {
    if (dataSource.isInitialized || isEmbedded) await dataSource.destroy();
    throw isEmbedded ? dataSource.operatorErrorOf(error) : error;
  }
}

/** Suppresses Fastify's own lines, one for each address of the machine. */
async function quietly<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  const { level } = logger;
  if (logger.isLevelEnabled('info')) logger.level = 'warn';
  return work().finally(() => (logger.level = level));
}

/** Serves the metrics of this process, or lets its primary do that. */
async function offerMetrics(app: NestFastifyApplication, environment: Environment, logger: Logger): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const { metrics } = fastify;
  if (metrics === undefined) return;
  if (cluster.isWorker) {
    const { answerPrimary, tellTotals } = await import('./worker-metrics.js');
    answerPrimary(metrics);
    fastify.addHook('onClose', () => tellTotals(metrics));
    return;
  }
  const { serveMetrics } = await import('./metrics-server.js');
  const server = await serveMetrics(metrics, environment, logger);
  fastify.addHook('onClose', (_, done) => {
    server.close();
    server.closeAllConnections();
    done();
  });
}

function logStart(logger: Logger, { HOST }: Environment, dataSource: DataSource, port: number): void {
  const isEmbedded = dataSource instanceof EmbeddedDataSource;
  const kind = isEmbedded ? 'embedded PostgreSQL' : 'PostgreSQL';
  const database = `${kind} ${dataSource.driver.version ?? ''}`.trimEnd();
  // With several workers, each line contains the pid anyway.
  const pid = 'pid' in logger.bindings() ? {} : { pid: process.pid };
  logger.info({ version: VERSION, database, ...pid, port }, `Server listening at ${urlOf(HOST, port)}`);
  if (isEmbedded)
    logger.warn(
      'The embedded database is for trying the service out; set DATABASE_URL to a PostgreSQL server before you store data that must not be lost.',
    );
}

function logStop(app: NestFastifyApplication, logger: Logger): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onClose', (_, done) => {
      logger.info('Server stopped');
      done();
    });
}

/** Ends the process after its database has failed. Requests in progress get a little time for their 503. */
async function endWith(error: unknown, app: NestFastifyApplication): Promise<void> {
  process.stderr.write(`${sentenceOf(error)}\n`);
  await Promise.race([app.close().catch(() => undefined), sleep(LAST_RESPONSES_MS)]);
  process.exit(1);
}
