import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { run } from '../support/cli.js';
import { useProcesses } from '../support/process.js';
import { blocksBelow } from './role-server.js';

const start = useProcesses();
const DAY_MS = 86_400_000;
/** Stands in for systemd: it ends the process whose id it finds, and notes what it was told to do. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >> "$NOTES"
test "$1" = start && exit
kill "$PID" && while kill -0 "$PID" 2>/dev/null; do sleep 0.1; done`;
/** Stands in for another user, whom the machine of a test lacks. */
const RUNUSER = `#!/bin/sh
test "$1 $2 $3" = '-u memberships --' && shift 3 && exec "$@"`;

let scratch: string;
let data: string;
let backups: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'hospital-memberships-export-'));
  [data, backups] = [join(scratch, 'data'), join(scratch, 'backups')];
  mkdirSync(join(scratch, 'bin'));
  for (const [name, text] of Object.entries({ systemctl: SYSTEMCTL, runuser: RUNUSER })) {
    writeFileSync(join(scratch, 'bin', name), text);
    chmodSync(join(scratch, 'bin', name), 0o755);
  }
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

/** Writes a file among the backups that was changed some days ago. */
function writeAged(name: string, days: number): void {
  writeFileSync(join(backups, name), '');
  utimesSync(join(backups, name), new Date(), new Date(Date.now() - days * DAY_MS));
}

/** Runs the script of docs/operations.md with the folders of this test. @returns its exit code */
async function runScript(pid: number | undefined): Promise<number> {
  const [script = ''] = await blocksBelow('Scheduled export');
  const folders = {
    '/opt/hospital-memberships': '.',
    '/var/lib/memberships': data,
    '/var/backups/memberships': backups,
  };
  const adapted = Object.entries(folders).reduce((text, [theirs, ours]) => {
    expect(text).toContain(theirs);
    return text.replaceAll(theirs, ours);
  }, script);
  const path = [join(scratch, 'bin'), join(process.execPath, '..'), process.env['PATH']].join(delimiter);
  const env = { PATH: path, NOTES: join(scratch, 'notes'), PID: String(pid) };
  const ended = promisify(execFile)('/bin/sh', ['-c', adapted], { env });
  return ended.then(
    () => 0,
    (error: unknown) => (error as { code: number }).code,
  );
}

const notes = () => readFileSync(join(scratch, 'notes'), 'utf8').trim().split('\n');

/** @returns a running process with one hospital, and the key of its ADMIN */
async function startWithHospital() {
  const server = start({ DATA_DIR: data, RATE_LIMIT: '0' });
  const [, token = ''] = await server.printed(/^ {2}(hmk_\w+)$/m);
  const headers = { authorization: `Token ${token}` };
  const body = new URLSearchParams({ name: 'San José', patron: 'P', location: 'L', contact: 'C' });
  const url = `${await server.url()}/api/v2/hospital/`;
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(201);
  return { server, headers };
}

test('the scheduled export stops the process, stores what it has acknowledged, deletes old files and starts it again', async () => {
  mkdirSync(backups);
  writeAged('old.gz', 32);
  writeAged('recent.gz', 29);
  writeAged('other.txt', 32);
  const { server, headers } = await startWithHospital();
  expect(await runScript(server.pid)).toBe(0);
  expect(notes()).toEqual(['stop memberships', 'start memberships']);
  expect(await server.ended).toEqual({ code: 0 });
  const [file = '', ...others] = readdirSync(backups).sort();
  expect(file).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.gz$/);
  expect(others).toEqual(['other.txt', 'recent.gz']);
  const restored = join(scratch, 'restored');
  expect((await run({ DATA_DIR: restored }, 'import', '--file', join(backups, file))).code).toBe(0);
  for (const folder of [data, restored]) {
    const next = start({ DATA_DIR: folder, RATE_LIMIT: '0' });
    const listed = await fetch(`${await next.url()}/api/v2/hospital/`, { headers });
    expect(await listed.json()).toMatchObject({ count: 1, results: [{ name: 'San José' }] });
  }
});

test('a scheduled export that fails deletes no file, and the process is started again', async () => {
  mkdirSync(backups);
  writeAged('old.gz', 32);
  const { pid } = spawn('sleep', ['600']);
  // There is no database.
  expect(await runScript(pid)).toBe(1);
  expect(notes()).toEqual(['stop memberships', 'start memberships']);
  expect(readdirSync(backups)).toEqual(['old.gz']);
});
