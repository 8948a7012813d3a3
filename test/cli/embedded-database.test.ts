import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/cli.js';

/** A path at which nothing is yet. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a folder without a database', () => {
  const email = ['--email', 'ana@example.org'];

  test.each([
    ['medic', 'list'],
    ['medic', 'show', ...email],
    ['medic', 'deactivate', ...email],
    ['hospital', 'list'],
    ['membership', 'list', '--hospital', '1'],
    ['membership', 'remove', '--hospital', '1', '--medic', 'ana@example.org'],
    ['token', 'list', '--medic', 'ana@example.org'],
    ['service', 'list'],
    ['webhook', 'list'],
    ['record', 'verify'],
    ['export', '--file', '/nowhere/data.gz'],
  ])('without a database, %s %s says so and creates none', async (...command) => {
    const sentence = `There is no embedded database in DATA_DIR (${folder}); set DATA_DIR to the folder of one, or DATABASE_URL to a PostgreSQL server.\n`;
    const fail = () => run({ DATA_DIR: folder }, ...command);
    expect(await fail()).toEqual({ code: 1, out: '', err: sentence });
    expect(existsSync(folder)).toBe(false);
    mkdirSync(join(folder, 'pgdata'), { recursive: true });
    expect(await fail()).toEqual({ code: 1, out: '', err: sentence });
    expect(readdirSync(folder, { recursive: true })).toEqual(['pgdata']);
  });

  test('medic create creates the database if there is none', async () => {
    expect((await run({ DATA_DIR: folder }, 'medic', 'create', '--name', 'A', ...email)).out).toMatch(/^hmk_/);
    expect((await run({ DATA_DIR: folder }, 'medic', 'list')).out).toContain('ana@example.org');
  });
});
