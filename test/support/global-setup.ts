import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { embeddedTemplate } from './embedded-template.ts';
import { isServer, onServer, TEMPLATE, databaseUrl } from './server.ts';

/**
 * Migrates one database with the built program; each test file copies it.
 * @returns drops it, unless it is an embedded one, which is kept for the next run
 */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const template = isServer
    ? await serverTemplate()
    : await embeddedTemplate((folder) => migrate({ DATA_DIR: folder }));
  process.env[TEMPLATE] = template;
  return async () => {
    if (isServer) await onServer(`DROP DATABASE ${template} WITH (FORCE)`);
  };
}

async function serverTemplate(): Promise<string> {
  const name = `hm_template_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name}`);
  await migrate({ DATABASE_URL: databaseUrl(name) });
  return name;
}

async function migrate(database: Record<string, string>): Promise<void> {
  const env = { ...process.env, ...database };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
}
