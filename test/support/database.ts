import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { postgresOptions, STATEMENT_TIMEOUT_MS } from '../../src/database/data-source-options.js';
import { EmbeddedDataSource } from '../../src/database/embedded-data-source.js';
import { isServer, onServer, serviceUrlOf, TEMPLATE, databaseUrl } from './server.js';

/** A test file's own database, migrated but otherwise empty. */
export interface TestDatabase {
  readonly dataSource: DataSource;
  /** The environment variables that select it. */
  readonly variables: Record<string, string>;
  /** Opens an additional connection for the test. Requires a real PostgreSQL. */
  connect(): Promise<pg.Client>;
  drop(): Promise<void>;
}

/**
 * @param statementTimeout limit of a statement on a real PostgreSQL, in milliseconds; production's by
 * default
 * @returns a connected copy of the database that global-setup migrated
 */
export async function createTestDatabase(statementTimeout?: number): Promise<TestDatabase> {
  const template = process.env[TEMPLATE] ?? '';
  return isServer ? cloneTemplate(template, statementTimeout) : copyFolder(template);
}

/** @returns the URL of a database on the test server, without its pooler, with command-line options such as `-c x=1` */
export function urlWithOptions({ variables }: TestDatabase, options: string): string {
  const { pathname } = new URL(variables['DATABASE_URL'] ?? '');
  const url = new URL(databaseUrl(pathname.slice(1)));
  return `${url.href}${url.search === '' ? '?' : '&'}options=${encodeURIComponent(options)}`;
}

async function cloneTemplate(template: string, statementTimeout = STATEMENT_TIMEOUT_MS): Promise<TestDatabase> {
  const name = `hm_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = serviceUrlOf(name);
  const options = postgresOptions(url);
  Object.assign(options.extra as object, { statement_timeout: statementTimeout });
  const dataSource = await new DataSource(options).initialize();
  return {
    dataSource,
    variables: { DATABASE_URL: url },
    connect: async () => {
      const client = new pg.Client({ connectionString: databaseUrl(name) });
      // Tests end connections, and drop databases that still have some. Its next query fails then.
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function copyFolder(template: string): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  cpSync(template, folder, { recursive: true });
  const dataSource = await (await EmbeddedDataSource.open(folder)).initialize();
  return {
    dataSource,
    variables: { DATA_DIR: folder },
    connect: () => Promise.reject(new Error('The embedded database has one connection.')),
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      rmSync(folder, { recursive: true });
    },
  };
}
