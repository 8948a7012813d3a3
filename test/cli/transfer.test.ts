import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { DataSource } from 'typeorm';
import { callerOf } from '../support/caller.js';
import { importDatabase } from '../../src/cli/transfer/import-database.js';
import { OperatorError } from '../../src/common/errors.js';
import { readEnvironment } from '../../src/config/environment.js';
import { openDatabase } from '../../src/database/open-database.js';
import { createTestDatabase } from '../support/database.js';
import { run, type Printed } from '../support/cli.js';
import { isServer } from '../support/server.js';
import { at, everythingOf, fill, newPlace, OWN_KIND, type Place } from '../support/treasure.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

type Kind = Parameters<typeof newPlace>[0];

let folder: string;
let source: Place;
let key: string;
let full: string;
let exported: Printed;
const places: Place[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
  source = await place('embedded');
  key = await at(source, (dataSource) => fill(dataSource, 2500, 2_097_151));
  full = join(folder, 'full.gz');
  exported = await run(source.variables, 'export', '--file', full);
});
afterAll(async () => {
  for (const each of places) await each.drop();
  await rm(folder, { recursive: true });
});

async function place(kind: Kind): Promise<Place> {
  const made = await newPlace(kind);
  places.push(made);
  return made;
}

const importInto = ({ variables }: Place, file: string, ...more: string[]) =>
  run(variables, 'import', '--file', file, ...more);

const nextMedic = ({ variables }: Place) =>
  run(variables, 'medic', 'create', '--name', 'N', '--email', 'next@example.net', '--json');

/** The lines about progress on a machine that needs more than two seconds. */
const PROGRESS = /^(\w+: \d+ rows …\n)*$/;

describe('export and import', () => {
  test('an export prints the number of rows of each table, and that the file is a secret', async () => {
    expect(exported).toEqual({
      code: 0,
      err: expect.stringMatching(PROGRESS),
      out: expect.stringContaining('keep it as secret as the database'),
    });
    expect(exported.out).toContain(
      'api_token: 1\nhospital: 8\nhospital_picture: 8\nmedic: 2500\nmembership: 2500\nservice_account: 2\n',
    );
    expect((await stat(full)).mode & 0o777).toBe(0o600);
    for (const command of ['export', 'import']) {
      expect((await run({}, command, '--help')).out.replaceAll(/\s+/g, ' ')).toContain('as secret as the database');
    }
  });

  const ways = isServer ? ['embedded', 'server, embedded', 'server, server'] : ['embedded, embedded'];
  test.each(ways)('every row, key and next id survives a move from embedded to %s', async (way) => {
    const before = await at(source, everythingOf);
    let last = source;
    for (const [index, kind] of way.split(', ').entries()) {
      const file = join(folder, `${way}-${String(index)}.gz`);
      expect((await run(last.variables, 'export', '--file', file)).code).toBe(0);
      last = await place(kind as Kind);
      const { code, out, err } = await importInto(last, file, '--json');
      expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(PROGRESS) });
      expect(JSON.parse(out)).toEqual({
        file,
        rows: {
          medic: 2500,
          api_token: 1,
          service_account: 2,
          hospital: 8,
          hospital_picture: 8,
          membership: 2500,
          record_head: 1,
          record_entry: 5045,
          record_inbox: 0,
        },
      });
    }
    expect(await at(last, everythingOf)).toEqual(before);
    const medic = await at(last, (dataSource) => callerOf(dataSource, key));
    expect(medic.id).toBe(1);
    expect(JSON.parse((await nextMedic(last)).out)).toMatchObject({ id: 2509 });
  });

  test('a database without rows can be moved, and starts with the first ids', async () => {
    const [empty, target] = [await place(OWN_KIND), await place(OWN_KIND)];
    const file = join(folder, 'empty.gz');
    expect((await run(empty.variables, 'export', '--file', file)).code).toBe(0);
    expect((await importInto(target, file)).code).toBe(0);
    expect(JSON.parse((await nextMedic(target)).out)).toMatchObject({ id: 1 });
  });
});

describe('the limits of an export', () => {
  test('an export never overwrites a file', async () => {
    const before = await readFile(full);
    const { code, err } = await run(source.variables, 'export', '--file', full);
    expect({ code, err }).toEqual({
      code: 1,
      err: `The file ${full} cannot be used: it already exists; choose another name.\n`,
    });
    expect((await readFile(full)).equals(before)).toBe(true);
  });

  test('an export says which folder is missing', async () => {
    const file = join(folder, 'nowhere', 'x.gz');
    const { code, err } = await run(source.variables, 'export', '--file', file);
    expect({ code, err }).toEqual({
      code: 1,
      err: `The file ${file} cannot be used: there is no such file or folder.\n`,
    });
  });

  (isServer ? test : test.skip)('an export does not contain rows that are written meanwhile', async () => {
    const database = await createTestDatabase();
    const other = await database.connect();
    await other.query(`INSERT INTO medic (name, email, email_key) VALUES ('M', 'm', 'm')`);
    await other.query('BEGIN; LOCK TABLE membership IN ACCESS EXCLUSIVE MODE');
    const file = join(folder, 'meanwhile.gz');
    const exporting = run(database.variables, 'export', '--file', file, '--json');
    await until(async () => (await waitingIn(other)).length === 1);
    await other.query(`INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'H', 'H', 'H')`);
    await other.query(`INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'ADMIN', true)`);
    await other.query('COMMIT');
    const { out } = await exporting;
    await other.end();
    await database.drop();
    expect(JSON.parse(out)).toMatchObject({ rows: { medic: 1, hospital: 0, membership: 0 } });
  });
});

describe('refused imports', () => {
  let target: DataSource;
  let before: unknown;
  let whole: Buffer;
  let lines: string[];
  beforeAll(async () => {
    const small = await place(OWN_KIND);
    await at(small, (dataSource) => fill(dataSource, 20, 3000));
    await run(small.variables, 'export', '--file', join(folder, 'small.gz'));
    whole = await readFile(join(folder, 'small.gz'));
    lines = gunzipSync(whole).toString().trimEnd().split('\n');
    const { variables } = await place(OWN_KIND);
    target = await (await openDatabase(readEnvironment(variables))).initialize();
    before = await everythingOf(target);
  });
  afterAll(() => target.destroy());
  const firstMedic = () => lines.findIndex((line) => line.startsWith('{"table":"medic"'));

  async function isRefused(content: Buffer | string[], because: RegExp): Promise<void> {
    const file = join(folder, 'refused.gz');
    await writeFile(file, Array.isArray(content) ? gzipSync(content.map((line) => `${line}\n`).join('')) : content);
    const refusal: unknown = await importDatabase(target, file, () => undefined).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(OperatorError);
    expect((refusal as OperatorError).message).toMatch(because);
    expect((refusal as OperatorError).message).toMatch(/^The file is not a complete export|^The schema/);
    expect(await everythingOf(target)).toEqual(before);
  }

  test('a file truncated anywhere is refused, and nothing is stored', async () => {
    for (const length of [0, 5, 1000, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      await isRefused(whole.subarray(0, length), /is not a complete export/);
    }
  });

  test('a file with one changed byte is refused, and nothing is stored', async () => {
    for (const where of [0.2, 0.9]) {
      const bytes = Buffer.from(whole);
      const index = Math.floor(bytes.length * where);
      bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
      await isRefused(bytes, /is not a complete export/);
    }
  });

  test('a file that is not an export is refused, and nothing is stored', async () => {
    await isRefused(Buffer.from('{"medics": []}'), /is not valid gzip, or is truncated/);
    await isRefused(gzipSync('hello'), /is not a complete export/);
    await isRefused(['hello'], /not JSON/);
    await isRefused(['{"format":"other"}'], /its first line is not the header of an export/);
    await isRefused([], /not JSON/);
  });

  test('a file with a missing or an extra line is refused, and nothing is stored', async () => {
    const header = String(lines[0]);
    const end = String(lines.at(-1));
    await isRefused(lines.slice(0, -1), /its end is missing/);
    await isRefused(lines.toSpliced(firstMedic(), 1), /rows of medic are missing/);
    await isRefused([...lines, end], /something follows its end/);
    await isRefused([header, 'null', end], /a line is of no known kind/);
    await isRefused([header, '{"table":"migration","row":["1"]}', end], /an unknown table/);
    await isRefused([header, '{"table":"medic","row":["1"]}', end], /does not have the columns/);
  });

  test('rows that violate a constraint are refused, and nothing is stored', async () => {
    const twice = lines.toSpliced(firstMedic(), 0, String(lines[firstMedic()]));
    await isRefused(twice, /rejects its rows \(23505 medic_pkey\)/);
    const withoutMedic = lines.filter((line) => !line.startsWith('{"table":"medic","row":["7",'));
    const withTruth = withoutMedic.map((line) =>
      line.replace(/^(\{"end":.*"medic":)20/, (_, start: string) => `${start}19`),
    );
    await isRefused(withTruth, /rejects its rows \(23503 membership_medic_fkey\)/);
    const [header, ...others] = lines;
    await isRefused([String(header), ...others.map((line) => line.replace('"ADMIN"', '"OWNER"'))], /23514/);
  });

  test('an export of another schema or format is refused, and nothing is stored', async () => {
    const [header = '', ...others] = lines;
    const later = header.replace('"migrations":[', '"migrations":["Later9999999999999",');
    await isRefused([later, ...others], /only the export has Later9999999999999\. Export and import with the same/);
    await isRefused([header.replace(/"migrations":\[.*?\]/, '"migrations":[]'), ...others], /only the database has/);
    await isRefused([header.replace('"version":1', '"version":2'), ...others], /its format is version 2, not 1/);
    await isRefused([header.replace('"alma_mater"', '"school"'), ...others], /its tables have other columns/);
  });

  test('an import of a missing file is refused', async () => {
    const { code, out, err } = await importInto(await place(OWN_KIND), join(folder, 'none.gz'));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^The file .*none.gz cannot be used: there is no such file or folder\.\n$/);
  });

  test('an import into a database with a medic or a hospital is refused', async () => {
    for (const [table, sql] of [
      ['medic', `INSERT INTO medic (name, email, email_key) VALUES ('M', 'm', 'm')`],
      ['hospital', `INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'H', 'H', 'H')`],
    ] as const) {
      const used = await place(OWN_KIND);
      await at(used, (dataSource) => dataSource.query(sql));
      const stored = await at(used, everythingOf);
      const { code, err } = await importInto(used, full);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`already has rows in ${table}`) });
      expect(await at(used, everythingOf)).toEqual(stored);
    }
  });
});
