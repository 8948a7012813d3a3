import pg from 'pg';
import { OwnPostgres } from '../faults/own-postgres.js';
import { HOSPITAL } from '../support/bodies.js';
import { run } from '../support/cli.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';

const start = useProcesses();

let lost: OwnPostgres;
let restored: OwnPostgres | undefined;
beforeEach(async () => {
  lost = await OwnPostgres.create();
  await lost.archive();
  await lost.start();
});
afterEach(async () => {
  await restored?.remove();
  await lost.remove();
});

/** Runs a command that must succeed. @returns its output */
async function command(postgres: OwnPostgres, ...args: string[]): Promise<string> {
  const { code, out, err } = await run({ DATABASE_URL: postgres.url }, ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trimEnd();
}

/** @returns the first column of the first row */
async function valueOf(postgres: OwnPostgres, sql: string): Promise<unknown> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  const { rows } = await client.query<[unknown]>({ text: sql, rowMode: 'array' });
  await client.end();
  return rows[0]?.[0];
}

interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly next: number;
  readonly head: number;
}

/** A medic and a service account who use one server. */
class Clients {
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly key: string,
  ) {}

  async create(name: string): Promise<void> {
    const body = new URLSearchParams({ ...HOSPITAL, name });
    const headers = { authorization: `Token ${this.token}` };
    expect((await fetch(`${this.url}/api/v2/hospital/`, { method: 'POST', headers, body })).status).toBe(201);
  }

  async names(): Promise<string[]> {
    const headers = { authorization: `Token ${this.token}` };
    const page = (await (await fetch(`${this.url}/api/v2/hospital/`, { headers })).json()) as {
      results: { name: string }[];
    };
    return page.results.map(({ name }) => name).sort();
  }

  /** Reads the feed. @returns the status, and the body */
  async read(query: string): Promise<[number, Page]> {
    const response = await fetch(`${this.url}/events?${query}`, { headers: { authorization: `Bearer ${this.key}` } });
    return [response.status, (await response.json()) as Page];
  }
}

test('a database is restored to an instant, gets a new origin and passes record verify, and readers who were ahead notice', async () => {
  await command(lost, 'migrate');
  const token = await command(lost, 'medic', 'create', '--name', 'A', '--email', 'a@example.org');
  const created = await command(lost, 'service', 'create', '--name', 'reader', '--scope', 'event:read', '--json');
  const { key } = JSON.parse(created) as { key: string };
  const process = start({ DATABASE_URL: lost.url, RATE_LIMIT: '0' });
  const clients = new Clients(await process.url(), token, key);
  await clients.create('in the base backup');
  restored = await lost.takeBaseBackup();
  await clients.create('in the archive');
  const instant = String(await valueOf(lost, 'SELECT clock_timestamp()::text'));
  await clients.create('after the instant');
  const [, ahead] = await clients.read('after=0&limit=1000');
  const last = ahead.data.at(-1)?.id ?? '';
  expect(ahead.next).toBe(ahead.head);

  // The file that is in use is archived when it is full, or now.
  const file = await valueOf(lost, 'SELECT pg_walfile_name(pg_switch_wal())');
  const archived = 'SELECT last_archived_wal FROM pg_stat_archiver';
  await until(async () => String(await valueOf(lost, archived)) >= String(file));
  const origin = await valueOf(lost, 'SELECT origin FROM record_head');
  await process.stop('SIGTERM');
  await lost.crash();

  const copy = restored;
  await copy.recoverTo(instant, lost);
  await copy.start();
  await until(async () => (await valueOf(copy, 'SELECT pg_is_in_recovery()')) === false);
  expect(await command(copy, 'record', 'restart')).toMatch(/^The record has the new origin \S+\.$/);
  expect(await valueOf(copy, 'SELECT origin FROM record_head')).not.toBe(origin);
  await command(copy, 'record', 'verify');

  const after = new Clients(await start({ DATABASE_URL: copy.url, RATE_LIMIT: '0' }).url(), token, key);
  expect(await after.names()).toEqual(['in the archive', 'in the base backup']);
  const position = `after=${String(ahead.next)}&id=${last}`;
  const [status, { head }] = await after.read(position);
  expect([status, head < ahead.next]).toEqual([400, true]);
  for (let behind = head; behind < ahead.next;) {
    await after.create(`after the restore, ${String(behind)}`);
    [, { head: behind }] = await after.read('after=0');
  }
  expect((await after.read(position))[0]).toBe(409);
  await command(copy, 'record', 'verify');
});
