import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { newAsker } from '../faults/asked.js';
import { Scratch } from '../faults/scratch.js';
import { allEntries, expectSound } from '../record/entries.js';
import { run } from '../support/cli.js';
import { figure } from '../support/figure.js';
import type { ServerProcess } from '../support/process.js';
import { until } from '../support/until.js';
import type { Cluster } from './cluster.js';
import { Load, REFUSED_KEY, type Place, type State, type Story } from './load.js';
import { Session } from './session.js';

const WRITERS = 3;
const NEWCOMERS = 3_000;

/** Acknowledged changes before the fault, and after the recovery. */
const CHANGES = 40;

/** How many decisions about removed rights each trial asks for at least: 5,000 in eleven trials. */
const DECISIONS = 500;

/** A fault, and what must follow it. */
export interface Fault {
  readonly name: string;
  /** The fault under load, while `session` is connected to the primary. Afterwards the trial waits for the recovery. */
  readonly happen: (cluster: Cluster, load: Load, session: Session) => Promise<void>;
  /** Whether another server, or the same one after a restart, must accept writes afterwards; true by default. */
  readonly isFailover?: boolean;
}

type Start = (variables: Record<string, string>) => ServerProcess;

/**
 * Lets a fault happen under load, prints figures, and checks what must hold.
 * @param url where the two processes of the service find the database
 */
export async function trial(cluster: Cluster, start: Start, fault: Fault, url = cluster.url): Promise<void> {
  await cluster.healthy();
  await look(cluster.ownerUrl, (dataSource) => underLoad(cluster, dataSource, start, fault, url));
}

async function underLoad(cluster: Cluster, dataSource: DataSource, start: Start, fault: Fault, url: string) {
  const { load, processes } = await loaded(cluster, dataSource, start, url);
  load.start();
  await changes(load, CHANGES);
  const former = await cluster.primary();
  const began = load.acknowledgedAt.length;
  const isFailover = fault.isFailover ?? true;
  const session = await Session.open(cluster.url);
  const found = isFailover ? cluster.primary(former).then(() => performance.now()) : undefined;
  await fault.happen(cluster, load, session);
  const foundAt = await found;
  const first = await until(() => load.acknowledgedAt.find((at) => foundAt === undefined || at > foundAt));
  await changes(load, CHANGES);
  await load.stop();
  await load.askers.askAboutAll();
  const print = (what: string, value: number) => {
    figure(`${fault.name}: ${what}`, value);
  };
  print('seconds without a write', Math.round(longestPause(load.acknowledgedAt.slice(began - 1)) / 100) / 10);
  if (foundAt !== undefined) print('milliseconds from the new primary to the first write', Math.round(first - foundAt));
  if (isFailover) await session.closed();
  else {
    await session.close();
    expect(await cluster.primary()).toBe(former);
  }
  await cluster.heal();
  await check(cluster, load, print);
  for (const { output } of processes) expect(output).not.toMatch(/unhandled|uncaught|unexpected error/i);
}

/** Starts two processes of the program, and prepares what the load needs. */
async function loaded(cluster: Cluster, dataSource: DataSource, start: Start, url: string) {
  const scratch = new Scratch(start);
  scratch.adopt(dataSource, cluster.ownerUrl);
  const places: Place[] = [];
  while (places.length < WRITERS) places.push(await scratch.given.hospital());
  const rows = await dataSource.query<{ id: number }[]>(
    `INSERT INTO medic (name, email, email_key)
     SELECT 'Newcomer', email, email
     FROM generate_series(1, $1::integer) n, concat('newcomer.', n, '.', $2::integer, '@example.org') email
     RETURNING id`,
    [NEWCOMERS, places[0]?.hospital],
  );
  const asker = await newAsker(scratch);
  const processes = [0, 1].map(() => start({ DATABASE_URL: url, RATE_LIMIT: '0' }));
  const [one = '', other = ''] = await Promise.all(processes.map((process) => process.url()));
  const newcomers = rows.map(({ id }) => id);
  const after = (await allEntries(dataSource)).length;
  return { load: new Load([one, other], places, newcomers, asker, scratch, after), processes };
}

/** @returns once this many more changes are acknowledged, and a right of each kind was taken away */
async function changes({ acknowledgedAt, removals }: Load, count: number): Promise<void> {
  const enough = acknowledgedAt.length + count;
  const before = new Map(removals);
  const isEnough = () => [...removals].every(([kind, times]) => times > (before.get(kind) ?? 0));
  await until(() => acknowledgedAt.length >= enough && isEnough());
}

async function check(cluster: Cluster, load: Load, print: (what: string, value: number) => void): Promise<void> {
  await look(cluster.ownerUrl, async (dataSource) => {
    const entries = await allEntries(dataSource);
    const stored = await statesOf(dataSource, load.stories);
    const written = new Set(entries.map(({ membership, type }) => `${String(membership)} ${type}`));
    const isLost = ({ medic, acknowledged, unknown, membership, entries: types }: Story) =>
      (stored.get(medic) !== acknowledged && stored.get(medic) !== unknown) ||
      types.some((type) => !written.has(`${String(membership)} ${type}`));
    const refused = load.stories.filter(({ unknown }) => unknown !== undefined);
    await until(() => load.followers.every(({ positions }) => (positions.at(-1) ?? 0) >= entries.length));
    const [{ after }] = load.followers;
    await load.stopReading();
    const gaps = load.followers.map(({ positions, after }) =>
      positions.filter((position, index) => position !== after + index + 1),
    );
    const figures = {
      acknowledged: load.acknowledgedAt.length,
      lost: load.stories.filter(isLost).length,
      'changes with a 503': refused.length,
      'of them stored': refused.filter(({ medic, unknown }) => stored.get(medic) === unknown).length,
      'removals of rights': sum([...load.removals.values()]),
      'requests about removed rights': load.askers.late.asked,
      'decisions, batches and searches among them': load.askers.late.decisions,
      'late allows': load.askers.late.allowed,
      'requests about rights that stay': load.askers.kept.asked,
      'of them denied': load.askers.kept.denied,
      'entries that two readers received': entries.length - after,
      'gaps in the record': gaps.flat().length,
    };
    for (const [what, value] of Object.entries(figures)) print(what, value);
    const responses = { '2xx': 0, '503': 0, [REFUSED_KEY]: 0, other: 0 };
    for (const [status, count] of load.statuses) {
      const name = /^2..$/.test(status) ? '2xx' : status;
      responses[name in responses ? (name as keyof typeof responses) : 'other'] += count;
    }
    for (const [status, count] of Object.entries(responses)) print(`responses: ${status}`, count);
    expect(figures).toMatchObject({ lost: 0, 'late allows': 0, 'of them denied': 0, 'gaps in the record': 0 });
    expect({ ...responses, statuses: [...load.statuses] }).toMatchObject({ other: 0 });
    expect(load.askers.late.decisions).toBeGreaterThanOrEqual(DECISIONS);
    for (const { bodies } of load.followers) expect(bodies).toHaveLength(entries.length - after);
    await expectSound(dataSource);
  });
  expect(await run({ DATABASE_URL: cluster.ownerUrl }, 'record', 'verify')).toMatchObject({ code: 0 });
}

/** @returns the state of the membership of each medic */
async function statesOf(dataSource: DataSource, stories: readonly Story[]): Promise<Map<number, State>> {
  const rows = await dataSource.query<{ medic_id: number; state: State }[]>(
    `SELECT m.id AS medic_id, CASE WHEN s.id IS NULL THEN 'absent' WHEN s.is_deleted THEN 'removed' ELSE s.type::text END AS state
     FROM unnest($1::integer[]) m (id) LEFT JOIN membership s ON s.medic_id = m.id`,
    [stories.map(({ medic }) => medic)],
  );
  return new Map(rows.map(({ medic_id, state }) => [medic_id, state]));
}

async function look<T>(url: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(postgresOptions(url)).initialize();
  return work(dataSource).finally(() => dataSource.destroy());
}

/** @returns the longest time between two of these moments */
function longestPause(moments: readonly number[]): number {
  return Math.max(...moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
