import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/cli.js';
import { SmallDisk } from '../support/mount.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';

const start = useProcesses();
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;
/** The user `nobody` on Debian. */
const NOBODY = 65_534;

/** A folder with an intact database, copied for each test. */
let whole: string;
let folder: string;
beforeAll(async () => {
  whole = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  expect(await run({ DATA_DIR: whole }, 'migrate')).toMatchObject({ code: 0, err: '' });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  rmSync(folder, { recursive: true });
  cpSync(whole, folder, { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  rmSync(whole, { recursive: true });
});

/** @returns the paths in DATA_DIR, itself included, that anybody but the owner may access */
function openToOthers(): string[] {
  const paths = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
  return paths.filter((path) => (lstatSync(join(folder, path)).mode & 0o077) !== 0);
}

/** Expects the start to fail with one sentence. @returns the sentence */
async function refusal(): Promise<string> {
  const server = start({ DATA_DIR: folder });
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toMatch(/^[A-Z][^\n]*DATA_DIR[^\n]*\.\n$/);
  expect(server.errors).not.toMatch(/\[object|\bat .*:\d+|hmk_/);
  expect(server.errors).toContain(folder);
  return server.errors;
}

test('only the owner can access DATA_DIR and its files, from the first start on', async () => {
  rmSync(folder, { recursive: true });
  const server = start({ DATA_DIR: folder });
  await server.url();
  expect(openToOthers()).toEqual([]);
});

test('a start removes the access of others', async () => {
  for (const path of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    chmodSync(join(folder, path), lstatSync(join(folder, path)).isDirectory() ? 0o777 : 0o666);
  }
  const server = start({ DATA_DIR: folder });
  await server.url();
  expect(openToOthers()).toEqual([]);
  expect((await server.stop('SIGTERM')).code).toBe(0);
  expect(openToOthers()).toEqual([]);
});

test('a shared folder such as /tmp keeps its mode', async () => {
  chmodSync(folder, 0o1777);
  await start({ DATA_DIR: folder }).url();
  expect(lstatSync(folder).mode & 0o7777).toBe(0o1777);
  expect(openToOthers()).toEqual(['']);
});

describe('a database that cannot be opened', () => {
  const inData = (path: string) => join(folder, 'pgdata', path);
  const damage = /is damaged or incomplete \([^\n]*\); restore a complete copy of the folder/;

  test.each<[string, () => void]>([
    [
      'PG_VERSION is missing',
      () => {
        rmSync(inData('PG_VERSION'));
      },
    ],
    [
      'pg_control is missing',
      () => {
        rmSync(inData('global/pg_control'));
      },
    ],
    [
      'pg_control is cut off',
      () => {
        truncateSync(inData('global/pg_control'), 100);
      },
    ],
    [
      'the WAL is missing',
      () => {
        rmSync(inData('pg_wal'), { recursive: true });
      },
    ],
    [
      'the WAL is empty',
      () => {
        rmSync(inData('pg_wal/000000010000000000000001'));
      },
    ],
    [
      'the WAL is cut off',
      () => {
        truncateSync(inData('pg_wal/000000010000000000000001'), 1000);
      },
    ],
    [
      'the tables are missing',
      () => {
        rmSync(inData('base'), { recursive: true });
      },
    ],
    [
      'a catalogue is cut off',
      () => {
        truncateSync(inData('base/5/1259'), 0);
      },
    ],
    [
      'the settings are missing',
      () => {
        rmSync(inData('postgresql.conf'));
      },
    ],
    [
      'the transactions are missing',
      () => {
        rmSync(inData('pg_xact/0000'));
      },
    ],
  ])('the start fails with one sentence that names DATA_DIR and the remedy if %s', async (_, spoil) => {
    spoil();
    expect(await refusal()).toMatch(damage);
  });

  test('the start fails with one sentence that names DATA_DIR and the remedy if all tables of the service are missing', async () => {
    for (const name of readdirSync(inData('base/5')))
      if (Number.parseInt(name) >= 16_384) rmSync(inData(`base/5/${name}`));
    expect(await refusal()).toMatch(damage);
    expect((await run({ DATA_DIR: folder }, 'medic', 'create', '--name', 'A', '--email', 'a@example.org')).err).toMatch(
      damage,
    );
  });

  test('the start fails with one sentence that names DATA_DIR and the remedy if the version of PostgreSQL differs', async () => {
    writeFileSync(inData('PG_VERSION'), '17\n');
    expect(await refusal()).toMatch(
      /was created by PostgreSQL 17, but this version of the service needs PostgreSQL 18; run `export` with/,
    );
  });

  test('the start fails with one sentence that names DATA_DIR and the remedy if DATA_DIR is a symbolic link to itself', async () => {
    rmSync(folder, { recursive: true });
    symlinkSync(folder, folder);
    expect(await refusal()).toMatch(/must be a folder that this process may write to/);
  });

  test('the start fails with one sentence that names DATA_DIR and the remedy, and leaves nothing behind, if the disk is full', async (context) => {
    rmSync(inData(''), { recursive: true });
    const disk = SmallDisk.mount(context, folder, 20);
    try {
      expect(await refusal()).toMatch(/has no room left for the embedded database; [^\n]*: make room, /);
      expect(readdirSync(folder)).toEqual(['lock']);
    } finally {
      disk.unmount();
    }
  });

  testAsRoot.each<[string, () => void]>([
    ['the folder', () => undefined],
    [
      'the database',
      () => {
        chownSync(folder, NOBODY, NOBODY);
      },
    ],
    [
      'one of its files',
      () => {
        for (const path of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
          chownSync(join(folder, path), NOBODY, NOBODY);
        chownSync(inData('global/pg_control'), 0, 0);
      },
    ],
  ])(
    'the start fails with one sentence that names DATA_DIR and the remedy if %s belongs to another user',
    async (_, give) => {
      give();
      const server = start({ DATA_DIR: folder }, { uid: NOBODY });
      expect(await server.ended).toEqual({ code: 1 });
      expect(server.errors).toMatch(/^[^\n]*DATA_DIR[^\n]* as the owner of [^\n]*\.\n$/);
    },
  );
});

test('a first start that is killed at any time is repeated by the next start', async () => {
  for (const sign of ['pgdata.unfinished', 'pgdata.unfinished/pg_wal']) {
    rmSync(folder, { recursive: true });
    const killed = start({ DATA_DIR: folder });
    await until(() => existsSync(join(folder, sign)));
    await killed.stop('SIGKILL');
    expect(existsSync(join(folder, 'pgdata'))).toBe(false);
  }
  const server = start({ DATA_DIR: folder });
  await server.printed(/Its token is shown only once/);
  expect(existsSync(join(folder, 'pgdata.unfinished'))).toBe(false);
});

test('an empty folder pgdata is initialized', async () => {
  rmSync(join(folder, 'pgdata'), { recursive: true });
  mkdirSync(join(folder, 'pgdata'));
  await start({ DATA_DIR: folder }).printed(/Its token is shown only once/);
});
