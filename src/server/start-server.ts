import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { TokensService } from '../auth/tokens.service.js';
import { createLogger } from '../observability/logger.js';
import type { Environment } from '../config/environment.js';
import { createApp } from '../create-app.js';
import { ANSWER_TIMEOUT_MS } from '../database/data-source-options.js';
import { EmbeddedDataSource } from '../database/embedded-data-source.js';
import { openDatabase } from '../database/open-database.js';
import { migrate, requireCurrentSchema } from '../database/schema.js';
import { warnOfEndlessStatements } from '../database/statement-timeout.js';
import { createFirstMedic, welcome } from './first-run.js';
import { listen } from './listen.js';
import { sentenceOf } from './start-failure.js';
import { VERSION } from '../config/version.js';

/** How long the last answers may take once the embedded database has ended, in milliseconds. */
const LAST_ANSWERS_MS = 5000;

/**
 * Opens the database and listens. An embedded database is looked after here; a server's is only used.
 * @param print gets the texts of the first start, which hold a key and so are not for the log
 * @throws SchemaIsBehind, DatabaseFolderInUse, DatabaseFolderUnusable, EmbeddedDatabaseUnusable, CannotListen, or the driver's error where PostgreSQL cannot be reached
 */
export async function startServer(
  environment: Environment,
  print: (text: string) => void,
): Promise<NestFastifyApplication> {
  if (environment.DATABASE_URL === undefined && !existsSync(join(environment.DATA_DIR, 'pgdata'))) {
    print(`Creating a database in ${environment.DATA_DIR} …\n`);
  }
  const dataSource = await openDatabase(environment, ANSWER_TIMEOUT_MS);
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
    const port = await quietly(logger, () => listen(app, environment));
    logStart(logger, environment, dataSource, port);
    const key = isEmbedded ? await createFirstMedic(dataSource, app.get(TokensService)) : null;
    if (key !== null) print(welcome(environment.PUBLIC_URL ?? `http://localhost:${String(port)}`, key));
    if (isEmbedded) dataSource.watch((error) => void endWith(error, app));
    return app;
  } catch (error) {
    if (dataSource.isInitialized || isEmbedded) await dataSource.destroy();
    throw isEmbedded ? dataSource.operatorErrorOf(error) : error;
  }
}

/** Fastify would log one line for each address of the machine. */
async function quietly<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  const { level } = logger;
  if (logger.isLevelEnabled('info')) logger.level = 'warn';
  return work().finally(() => (logger.level = level));
}

function logStart(logger: Logger, { HOST }: Environment, dataSource: DataSource, port: number): void {
  const kind = dataSource instanceof EmbeddedDataSource ? 'embedded PostgreSQL' : 'PostgreSQL';
  const database = `${kind} ${dataSource.driver.version ?? ''}`.trimEnd();
  const host = HOST.includes(':') ? `[${HOST}]` : HOST;
  // With several workers each line has the pid of its process anyway.
  const pid = 'pid' in logger.bindings() ? {} : { pid: process.pid };
  logger.info({ version: VERSION, database, ...pid, port }, `Server listening at http://${host}:${String(port)}`);
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

/** Ends the process without its database: lets the requests under way have their 503, but not for long. */
async function endWith(error: unknown, app: NestFastifyApplication): Promise<void> {
  process.stderr.write(`${sentenceOf(error)}\n`);
  await Promise.race([app.close().catch(() => undefined), sleep(LAST_ANSWERS_MS)]);
  process.exit(1);
}
