import pg from 'pg';

/** Set where the suites run on a real PostgreSQL; its user must be able to create databases. */
const SERVER_URL = process.env['TEST_DATABASE_URL'];

/** Whether there is a real PostgreSQL, with connections that can race each other. */
export const isServer = SERVER_URL !== undefined;

/** The variable in which global-setup leaves a migrated database: a name on the server, or a folder. */
export const TEMPLATE = 'TEST_DATABASE_TEMPLATE';

/** The variable that names the server through a pooler, where the service is to connect through one. */
export const POOLER_URL = 'TEST_POOLER_URL';

/** @returns the URL of another database on the test server */
export function databaseUrl(database: string): string {
  return withDatabase(SERVER_URL ?? '', database);
}

/** @returns the same URL as the service gets it; what it has to be told behind a pooler belongs here */
export function serviceUrlOf(database: string): string {
  return withDatabase(process.env[POOLER_URL] ?? SERVER_URL ?? '', database);
}

function withDatabase(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one statement on the test server, outside of any database of the tests. */
export async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER_URL });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
