import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const DATABASE_CODE = 'dist/src/database';
const ENGINE = 'node_modules/@electric-sql/pglite/package.json';

/** @returns a folder whose name depends on everything that decides the content of a migrated embedded database */
function templateFolder(): string {
  const digest = createHash('sha256');
  const code = readdirSync(DATABASE_CODE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  for (const file of [ENGINE, ...code.sort().map((name) => join(DATABASE_CODE, name))]) {
    digest.update(file).update(readFileSync(file));
  }
  return join('node_modules', '.cache', 'hospital-memberships', digest.digest('hex').slice(0, 16));
}

/**
 * Creating a database takes longer than most test files, so it is kept until the code that creates it changes.
 * @param migrate creates a migrated database in a folder
 * @returns the folder of a migrated embedded database, to be copied
 */
export async function embeddedTemplate(migrate: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = templateFolder();
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${String(process.pid)}`;
  await mkdir(dirname(folder), { recursive: true });
  await migrate(unfinished);
  // Another run may have finished first; its database is the same.
  if (!existsSync(folder)) await rename(unfinished, folder);
  return folder;
}
