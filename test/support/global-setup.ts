import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isServer, onServer, TEMPLATE, databaseUrl } from './server.ts';

/** Migrates one database with the built program; each test file copies it. */
export default async function globalSetup(): Promise<void> {
  const name = `hm_template_${randomUUID().replaceAll('-', '')}`;
  const template = isServer ? name : await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
  if (isServer) await onServer(`CREATE DATABASE ${name}`);
  const database = isServer ? { DATABASE_URL: databaseUrl(name) } : { DATA_DIR: template };
  const env = { ...process.env, ...database };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
  process.env[TEMPLATE] = template;
}
