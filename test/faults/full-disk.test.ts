import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'vitest';
import { HOSPITAL } from '../support/bodies.js';
import { figure } from '../support/figure.js';
import { jpeg } from '../support/jpeg.js';
import { SmallDisk } from '../support/mount.js';
import { useProcesses, type ServerProcess } from '../support/process.js';

const start = useProcesses();

const FULL = /^The disk of DATA_DIR \(\S+\) has no room left [^\n]*: make room, [^\n]*\.\n$/;
const PICTURE_BYTES = 1_000_000;

let folder: string;
let disk: SmallDisk | undefined;
let runaway: ChildProcess | undefined;
/** The key that the first start prints. */
let token: string;
/** Names of hospitals. */
let acknowledged: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  acknowledged = [];
  const first = startHere();
  await first.printed(/Its token is shown only once/);
  [, token = ''] = /^ {2}(hmk_\w+)$/m.exec(first.output) ?? [];
  expect(await first.stop('SIGTERM')).toEqual({ code: 0 });
});
afterEach(() => {
  runaway?.kill('SIGKILL');
  disk?.unmount();
  disk = undefined;
  rmSync(folder, { recursive: true });
});

const startHere = () => start({ DATA_DIR: folder, RATE_LIMIT: '0' });
const authorization = () => ({ Authorization: `Token ${token}` });

/** Moves the contents of a folder in DATA_DIR to a separate disk of this many megabytes. */
function moveToSmallDisk(context: TestContext, name: string, megabytes: number): SmallDisk {
  const path = join(folder, name);
  const moved = mkdtempSync(join(tmpdir(), 'hospital-memberships-'));
  renameSync(path, join(moved, 'data'));
  mkdirSync(path, { mode: 0o700 });
  const small = (disk = SmallDisk.mount(context, path, megabytes));
  cpSync(join(moved, 'data'), path, { recursive: true });
  rmSync(moved, { recursive: true });
  return small;
}

/** @returns a picture that cannot be compressed */
function picture(): Blob {
  const bytes = jpeg(PICTURE_BYTES);
  // The first comment ends before byte 65,541; a 0xFF would begin a marker.
  for (let at = 64; at < PICTURE_BYTES - 2000; at += 65_539) {
    const noise = randomBytes(Math.min(65_000, PICTURE_BYTES - 2000 - at)).map((byte) => (byte === 255 ? 0 : byte));
    bytes.set(noise, at);
  }
  return new Blob([bytes], { type: 'image/jpeg' });
}

/** @returns the status of creating a hospital with a large picture, or null if there was no response */
async function create(url: string): Promise<number | null> {
  const body = new FormData();
  const name = `Hospital ${String(acknowledged.length)}`;
  for (const [field, value] of Object.entries({ ...HOSPITAL, name })) body.append(field, value);
  body.append('picture', picture(), 'a.jpg');
  const response = await fetch(`${url}/api/v2/hospital/`, { method: 'POST', headers: authorization(), body }).catch(
    () => null,
  );
  await response?.arrayBuffer();
  if (response?.status === 201) acknowledged.push(name);
  return response?.status ?? null;
}

/** @returns the first status other than 201 */
async function createUntilRefused(url: string): Promise<number | null> {
  for (;;) {
    const status = await create(url);
    if (status !== 201) return status;
  }
}

/** @returns how many acknowledged hospitals are missing */
async function countLost(server: ServerProcess): Promise<number> {
  const response = await fetch(`${await server.url()}/api/v2/hospital/?limit=1000`, { headers: authorization() });
  const { results } = (await response.json()) as { results: { name: string }[] };
  const names = new Set(results.map(({ name }) => name));
  return acknowledged.filter((name) => !names.has(name)).length;
}

test('while its disk is full the embedded database still reads, responds to writes with 503, and writes again once there is room', async (context) => {
  const small = moveToSmallDisk(context, 'pgdata/base', 40);
  const server = startHere();
  const url = await server.url();
  const refused: (number | null)[] = [await createUntilRefused(url)];
  for (let again = 0; again < 5; again += 1) refused.push(await create(url));
  expect(refused).toEqual(refused.map(() => 503));
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect(await countLost(server)).toBe(0);
  small.resize(100);
  expect(await create(url)).toBe(201);
  figure('creations before the disk of the tables is full', acknowledged.length - 1);
  figure('creations refused with 503 meanwhile', refused.length);
  const lost = await countLost(server);
  figure('acknowledged creations lost when the disk of the tables is full', lost);
  expect(lost).toBe(0);
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
});

test('if the embedded database fails on a full disk, the process ends with a sentence and loses nothing that it acknowledged', async (context) => {
  // A WAL segment is 16 MB, and there is no room for a second one.
  const small = moveToSmallDisk(context, 'pgdata/pg_wal', 17);
  const server = startHere();
  expect(await createUntilRefused(await server.url())).toBe(503);
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toMatch(FULL);
  const full = startHere();
  expect(await full.ended).toEqual({ code: 1 });
  expect(full.errors).toMatch(FULL);
  small.resize(200);
  const last = startHere();
  const lost = await countLost(last);
  figure('creations before the disk of the WAL is full', acknowledged.length);
  figure('acknowledged creations lost when the disk of the WAL is full', lost);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(lost).toBe(0);
  expect(await create(await last.url())).toBe(201);
  expect(await last.stop('SIGTERM')).toEqual({ code: 0 });
});

test('a first start on a full disk ends with a sentence, leaves nothing behind, and succeeds once there is room', async (context) => {
  rmSync(join(folder, 'pgdata'), { recursive: true });
  const small = (disk = SmallDisk.mount(context, folder, 20));
  const full = startHere();
  expect(await full.ended).toEqual({ code: 1 });
  expect(full.errors).toMatch(FULL);
  expect(readdirSync(folder)).toEqual(['lock']);
  small.resize(200);
  const server = startHere();
  await server.printed(/Its token is shown only once/);
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
});

test('a statement that never returns ends the process with a sentence', async () => {
  const script = `
    import { EmbeddedDataSource } from ${JSON.stringify(resolve('dist/src/database/embedded-data-source.js'))};
    const dataSource = await (await EmbeddedDataSource.open(${JSON.stringify(folder)})).initialize();
    process.on('SIGTERM', () => undefined);
    dataSource.watch(() => undefined, 2);
    await dataSource.query('SELECT count(*) FROM generate_series(1, 1000000000000)');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  runaway = child;
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  expect(errors).toMatch(
    /^A statement has kept the embedded database in DATA_DIR \(\S+\) busy for 2 seconds [^\n]*\.\n$/,
  );
});
