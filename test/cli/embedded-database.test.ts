import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../src/config/environment.js';
import { openDatabase } from '../../src/database/open-database.js';
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

  test('medic create creates the database if there is none, and says so beside its output', async () => {
    const created = await run({ DATA_DIR: folder }, 'medic', 'create', '--name', 'A', ...email);
    expect(created.out).toMatch(/^hmk_/);
    expect(created.err).toBe(`Creating a database in ${folder} …\n`);
    expect((await run({ DATA_DIR: folder }, 'medic', 'list')).out).toContain('ana@example.org');
  });
});

test('an error of the embedded database names DATA_DIR and its code, and no DATABASE_URL', async () => {
  expect(await run({ DATA_DIR: folder }, 'migrate')).toMatchObject({ code: 0, err: '' });
  const dataSource = await (await openDatabase(readEnvironment({ DATA_DIR: folder }))).initialize();
  await dataSource.query(`CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = CASE NEW.name WHEN 'A' THEN '0A000' ELSE '57014' END; END $$;
    CREATE TRIGGER give_up BEFORE INSERT ON medic FOR EACH ROW EXECUTE FUNCTION give_up()`);
  await dataSource.destroy();
  for (const [name, code] of [
    ['A', '0A000'],
    ['B', '57014'],
  ] as const) {
    expect(await run({ DATA_DIR: folder }, 'medic', 'create', '--name', name, '--email', 'a@example.org')).toEqual({
      code: 1,
      out: '',
      err: `The embedded database in DATA_DIR reported an error (SQLSTATE ${code}); try again, and report the code if the error stays.\n`,
    });
  }
  expect((await run({ DATA_DIR: folder }, 'medic', 'list')).out).toBe('There are no medics.\n');
});
