import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';

/**
 * Logs a warning where PostgreSQL would let a statement run for ever: a pooler may have left out the
 * `statement_timeout` that the service asks for when it connects.
 */
export async function warnOfEndlessStatements(dataSource: DataSource, logger: Logger): Promise<void> {
  const [row] = await dataSource.query<{ statement_timeout: string }[]>('SHOW statement_timeout');
  if (row?.statement_timeout !== '0') return;
  logger.warn('PostgreSQL ends no statement of this user: set statement_timeout on its role (docs/operations.md).');
}
