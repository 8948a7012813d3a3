import globalSetup from './global-setup.ts';
import { PgBouncer } from './pgbouncer.ts';
import { POOLER_URL } from './server.ts';

/**
 * Does the same as {@link globalSetup}, and connects the service to its databases through PgBouncer.
 * @returns undoes both
 */
export default async function pgbouncerSetup(): Promise<() => Promise<void>> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined) throw new Error('Set TEST_DATABASE_URL: PgBouncer needs a PostgreSQL server.');
  const teardown = await globalSetup();
  const pooler = await PgBouncer.start(new URL(server));
  process.env[POOLER_URL] = pooler.url;
  return async () => {
    await pooler.stop();
    await teardown();
  };
}
