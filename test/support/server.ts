import pg from 'pg';

/** Set if the suites run on a real PostgreSQL; its user must be able to create databases. */
const SERVER_URL = process.env['TEST_DATABASE_URL'];

/** Whether a real PostgreSQL is used, with connections that can race. */
export const isServer = SERVER_URL !== undefined;

/** The variable that names global-setup's migrated database: a name on the server, or a folder. */
export const TEMPLATE = 'TEST_DATABASE_TEMPLATE';

/** The variable that names the server through a pooler, if the service connects through one. */
export const POOLER_URL = 'TEST_POOLER_URL';

/** @returns the URL of another database on the test server */
export function databaseUrl(database: string): string {
  return withDatabase(SERVER_URL ?? '', database);
}

/** @returns the same URL in the form given to the service, including any setting that a pooler requires */
export function serviceUrlOf(database: string): string {
  return withDatabase(process.env[POOLER_URL] ?? SERVER_URL ?? '', database);
}

function withDatabase(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one statement on the test server, outside the tests' databases. */
export async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER_URL });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
