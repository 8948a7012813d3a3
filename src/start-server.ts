import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TokensService } from './auth/tokens.service.js';
import { createLogger } from './common/logger.js';
import type { Environment } from './config/environment.js';
import { createApp } from './configure-app.js';
import { ANSWER_TIMEOUT_MS } from './database/data-source-options.js';
import { EmbeddedDataSource } from './database/embedded-data-source.js';
import { openDatabase } from './database/open-database.js';
import { migrate, requireCurrentSchema } from './database/schema.js';
import { warnOfEndlessStatements } from './database/statement-timeout.js';
import { createFirstMedic, welcome } from './first-run.js';
import { listen } from './listen.js';

/**
 * Opens the database and listens. An embedded database is looked after here; a server's is only used.
 * @param print gets the text of the first start, which holds a key and so is not for the log
 * @throws SchemaIsBehind, DatabaseFolderInUse, CannotListen, or the driver's error where PostgreSQL cannot be reached
 */
export async function startServer(
  environment: Environment,
  print: (text: string) => void,
): Promise<NestFastifyApplication> {
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
    const port = await listen(app, environment);
    const key = isEmbedded ? await createFirstMedic(dataSource, app.get(TokensService)) : null;
    if (key !== null) print(welcome(environment.PUBLIC_URL ?? `http://localhost:${String(port)}`, key));
    return app;
  } catch (error) {
    if (dataSource.isInitialized || isEmbedded) await dataSource.destroy();
    throw error;
  }
}
