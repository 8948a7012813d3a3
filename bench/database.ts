import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Number of rows in the database of a run. */
export interface Size {
  readonly hospitals: number;
  readonly medics: number;
  readonly memberships: number;
}

/** @returns the size for a number of memberships: 20,000 hospitals and 200,000 medics per million */
export function sizeOf(memberships: number): Size {
  return { hospitals: memberships / 50, medics: memberships / 5, memberships };
}

/** Rows that `seed` does not create: an unusable key for each medic and a picture for each hospital. */
const FURTHER_ROWS = `
  INSERT INTO api_token (medic_id, label, digest) SELECT id, 'bench', sha256(id::text::bytea) FROM medic;
  INSERT INTO hospital_picture (hospital_id, kind, digest, content)
    SELECT id, 'picture', sha256(id::text::bytea), '\\xffd8ffd9' FROM hospital;`;

/** A change in these folders invalidates the seeded database. */
const SOURCES = ['src/database/migrations', 'src/cli/seed'];

/**
 * Creates the database of one run, a copy of a template that is seeded once per size and kept on the server.
 * @param serverUrl a PostgreSQL server on which databases may be created
 * @param purpose suffix of the copy's name; must differ between concurrent runs
 * @returns the URL of the copy
 */
export async function createDatabase(serverUrl: string, size: Size, purpose = 'run'): Promise<string> {
  const seeded = nameOf(size);
  const copy = `${seeded}_${purpose}`;
  await onServer(serverUrl, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [seeded]);
    if (rowCount === 0) await seed(client, serverUrl, seeded, size);
    await client.query(`DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${copy} TEMPLATE ${seeded}`);
  });
  return databaseUrlOn(serverUrl, copy);
}

/** Drops the copy that {@link createDatabase} created; the seeded template stays for the next run. */
export async function dropDatabase(serverUrl: string, size: Size, purpose = 'run'): Promise<void> {
  await onServer(serverUrl, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${nameOf(size)}_${purpose} WITH (FORCE)`),
  );
}

function nameOf({ memberships }: Size): string {
  const hash = createHash('sha256').update(FURTHER_ROWS);
  for (const folder of SOURCES)
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
      if (file.endsWith('.ts')) hash.update(readFileSync(join(folder, file)));
  return `hospital_memberships_bench_${String(memberships)}_${hash.digest('hex').slice(0, 8)}`;
}

async function seed(client: pg.Client, serverUrl: string, name: string, size: Size): Promise<void> {
  const unfinished = `${name}_unfinished`;
  await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${unfinished}`);
  const cli = (...command: string[]) =>
    execFileSync(process.execPath, ['dist/src/cli/main.js', ...command], {
      env: { ...process.env, DATABASE_URL: databaseUrlOn(serverUrl, unfinished) },
      stdio: 'ignore',
    });
  cli('migrate');
  const numbers = Object.entries(size).flatMap(([what, count]) => [`--${what}`, String(count)]);
  cli('seed', ...numbers);
  await onServer(databaseUrlOn(serverUrl, unfinished), async (database) => {
    await database.query(FURTHER_ROWS);
    await sequenceAll(database);
    await database.query('VACUUM ANALYZE');
  });
  await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
}

/** Moves the entries of the rows into the record, so that the measured service does not have to. */
async function sequenceAll(database: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ moved: number }>('SELECT record_sequence(10000) AS moved');
    if (rows[0]?.moved !== 10_000) return;
  }
}

/** Runs `work` with a new connection. */
export async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrlOn(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
