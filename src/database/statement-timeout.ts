import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';

/**
 * Logs a warning if statements have no timeout: a pooler may have dropped the `statement_timeout` of the startup
 * message.
 */
export async function warnOfEndlessStatements(dataSource: DataSource, logger: Logger): Promise<void> {
  const [row] = await dataSource.query<{ statement_timeout: string }[]>('SHOW statement_timeout');
  if (row?.statement_timeout !== '0') return;
  logger.warn(
    'Statements of this PostgreSQL user have no timeout: set statement_timeout on its role (docs/operations.md).',
  );
}
