import globalSetup from './global-setup.ts';
import { PgBouncer } from './pgbouncer.ts';
import { POOLER_URL } from './server.ts';

declare global {
  var pooler: PgBouncer | undefined;
}

/** Does the same as {@link globalSetup}, and connects the service to its databases through PgBouncer. */
export default async function pgbouncerSetup(): Promise<void> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined) throw new Error('Set TEST_DATABASE_URL: PgBouncer needs a PostgreSQL server.');
  await globalSetup();
  globalThis.pooler = await PgBouncer.start(new URL(server));
  process.env[POOLER_URL] = globalThis.pooler.url;
}
