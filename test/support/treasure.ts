import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource, EntityManager } from 'typeorm';
import { TokensService } from '../../src/auth/tokens.service.js';
import { OPERATOR } from '../../src/database/actor.js';
import { inTransaction } from '../../src/database/transaction.js';
import { readEnvironment } from '../../src/config/environment.js';
import { openDatabase } from '../../src/database/open-database.js';
import { migrate } from '../../src/database/schema.js';
import { createTestDatabase } from './database.js';
import { isServer } from './server.js';

/** A database that nobody has open. */
export interface Place {
  readonly variables: Record<string, string>;
  drop(): Promise<void>;
}

/** The kind of database that the suites run on. */
export const OWN_KIND = isServer ? 'server' : 'embedded';

/** @returns a new database, embedded or on the tests' server, migrated and without rows */
export async function newPlace(kind: 'embedded' | 'server'): Promise<Place> {
  if (kind === OWN_KIND) {
    const database = await createTestDatabase();
    await database.dataSource.destroy();
    return database;
  }
  const folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
  const place = { variables: { DATA_DIR: folder }, drop: () => rm(folder, { recursive: true }) };
  await at(place, migrate);
  return place;
}

/** Runs `work` on a database that nobody has open, then closes it. */
export async function at<T>({ variables }: Place, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await (await openDatabase(readEnvironment(variables))).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Texts that a careless copy corrupts. */
const TEXTS = [
  'Begoña Íñigo-Núñez',
  'e\u0301 and é',
  '\u{1F3E5} \u{10FFFF} \uFEFF',
  'line\nfeed\r\ttab\u2028\u0001\u007f',
  String.raw`\N \\ \x41 "quoted" 'single' {"a","b"} %s $1`,
  'NULL',
  '',
  ' ',
];

/**
 * Stores data that is hard to copy: characters of every kind, microseconds, infinite timestamps, large
 * pictures, a medic whose creator has the higher id, and sequences ahead of the ids.
 * @param crowd number of medics and memberships
 * @param bytes size of the largest pictures
 * @returns a key of medic 1
 */
export function fill(dataSource: DataSource, crowd: number, bytes: number): Promise<string> {
  return inTransaction(dataSource, OPERATOR, async (transaction) => {
    const { manager } = transaction;
    await manager.query(
      `INSERT INTO medic (name, email, email_key, password_hash, date_of_birth, cedula_prof, female, created_at)
       SELECT text, n, n, text, date '0044-03-15 BC' + n::integer * 1000, NULLIF(text, ''), n::integer % 2 = 0,
         timestamptz '2020-11-04T01:12:12.123456Z' + n::integer * interval '1 microsecond'
       FROM unnest($1::text[]) WITH ORDINALITY AS t (text, number), CAST(number AS text) n`,
      [TEXTS],
    );
    await manager.query('UPDATE medic SET created_by_id = 5 WHERE id IN (2, 5)');
    await manager.query(
      `INSERT INTO medic (name, email, email_key, created_by_id)
       SELECT 'Medic', email, email, 1 FROM generate_series(1, $1::integer) n, concat(n, '@example.org') email`,
      [crowd],
    );
    await manager.query(
      `INSERT INTO hospital (name, patron, location, contact, headline)
       SELECT text, text, text, text, text FROM unnest($1::text[]) AS t (text)`,
      [TEXTS],
    );
    await manager.query(
      `INSERT INTO membership (medic_id, hospital_id, type, is_active, date_joined)
       SELECT id, id % 8 + 1, 'ADMIN', id % 3 = 0, now() - id * interval '1.000001 seconds' FROM medic`,
    );
    await manager.query(`UPDATE membership SET date_joined = 'infinity' WHERE id = 3`);
    await manager.query(`UPDATE membership SET valid_until = '2999-12-31T23:59:59.123456Z' WHERE id = 4`);
    await manager.query(`UPDATE membership SET valid_from = '2020-01-01T00:00:00Z', valid_until = '2021-01-01T00:00:00Z'
      WHERE id = 5`);
    await storePictures(manager, bytes);
    await manager.query(
      `INSERT INTO service_account (name, scopes, digest, previous_digest, previous_until, expires_at, revoked_at)
       SELECT 'service-' || n, ARRAY['event:read', 'record:read'], sha256(n::text::bytea), sha256(('p' || n)::bytea),
         now() + n * interval '1.000001 seconds', now() + interval '731 days', NULLIF(now(), now() + (n - 1) * interval '1 day')
       FROM generate_series(1, 2) n`,
    );
    await manager.query('DELETE FROM membership WHERE id > $1', [crowd]);
    await manager.query('DELETE FROM medic WHERE id > $1', [crowd]);
    return new TokensService(dataSource).issue(transaction, 1, {
      label: 'ñ',
      expiresAt: '2999-12-31T23:59:59.999999Z',
    });
  });
}

/** Stores eight pictures, which fill the last batch, so that one more batch is requested. */
async function storePictures(manager: EntityManager, bytes: number): Promise<void> {
  for (let hospital = 1; hospital <= 4; hospital += 1) {
    for (const kind of ['picture', 'university_logo']) {
      await manager.query('INSERT INTO hospital_picture VALUES ($1, $2, $3, $4)', [
        hospital,
        kind,
        randomBytes(32),
        randomBytes(hospital > 1 ? 300 : bytes),
      ]);
    }
  }
}

/** @returns for each table its rows as text with their hashes, and the sequences and foreign keys */
export function everythingOf(dataSource: DataSource): Promise<Record<string, unknown[]>> {
  return inTransaction(dataSource, OPERATOR, async (transaction) => {
    const { manager } = transaction;
    await manager.query(`SET LOCAL TimeZone = 'UTC'`);
    await manager.query('SET LOCAL statement_timeout = 0');
    const all: Record<string, unknown[]> = {};
    const tables = await manager.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
       AND relname <> 'migration' ORDER BY 1`,
    );
    for (const { name } of tables) {
      all[name] = await manager.query(`SELECT left(t::text, 300) AS row, md5(t::text) FROM ${name} t ORDER BY 1, 2`);
    }
    const sequences = await manager.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'S' AND relname <> 'migration_id_seq' ORDER BY 1`,
    );
    for (const { name } of sequences) all[name] = await manager.query(`SELECT last_value, is_called FROM ${name}`);
    all['constraints'] = await manager.query(
      `SELECT conname::text, condeferrable, condeferred, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE contype = 'f' ORDER BY 1`,
    );
    return all;
  });
}
