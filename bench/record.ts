/** Measures the record: the cost of its triggers for a write, and how fast the feed delivers the entries. */
import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, type Contender } from './compare.js';
import { moveDatabaseAside, moveSelfAside, SERVER_CORE } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { deliveriesBy, readFeed, type Delivery } from './feed.js';
import { readFlags, serverUrlOfRun } from './flags.js';
import type { Samples } from './measure.js';
import { Report } from './report.js';
import { scenarioNamed } from './scenarios.js';
import { setScene, type Scene } from './scene.js';
import { BenchServer } from './servers.js';
import { medianOf, round } from './table.js';

const PURPOSES = ['recorded', 'unrecorded'] as const;
/** Least ratio of the throughput with the triggers to that without them. */
const TARGET = 0.6;
/** The tables that the measured writes change. */
const WITHOUT_TRIGGERS = `
  DO $$ DECLARE t record; BEGIN
    FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'membership'::regclass AND tgname LIKE 'zz\\_record\\_%' LOOP
      EXECUTE format('ALTER TABLE membership DISABLE TRIGGER %I', t.tgname);
    END LOOP;
  END $$`;

const flags = readFlags({ rounds: 5, seconds: 4 });
const serverUrl = serverUrlOfRun();
const size = sizeOf(flags.memberships);
const report = new Report(flags.save);
const contenders: Contender[] = [];
const giveCoresBack = moveDatabaseAside();
moveSelfAside();
try {
  for (const [index, purpose] of PURPOSES.entries()) contenders.push(await contenderOf(purpose, 24_530 + index));
  const results = await compare([scenarioNamed('create'), scenarioNamed('change')], contenders, {
    ...flags,
    isPaced: true,
  });
  const rows = results.map(({ scenario: { name }, samples: [recorded, unrecorded] }) =>
    rowOf(name, recorded, unrecorded),
  );
  await report.table('record', rows);
  report.plot('record', {
    title: 'Writes per second, with the record and without its triggers',
    subtitle: 'The service on one core, 32 connections. More is better.',
    groups: rows.map(({ endpoint }) => endpoint),
    series: [
      { name: 'with the record', values: rows.map((row) => row['with/s']) },
      { name: 'without', values: rows.map((row) => row['without/s']) },
    ],
  });
  const [recorded] = contenders;
  if (recorded !== undefined) await reportFeed(recorded);
  if (rows.some(({ ratio }) => ratio < TARGET)) process.exitCode = 1;
} finally {
  giveCoresBack();
  for (const { server } of contenders) await server.stop();
  for (const purpose of PURPOSES) await dropDatabase(serverUrl, size, purpose);
}

async function contenderOf(purpose: (typeof PURPOSES)[number], port: number): Promise<Contender> {
  const url = await createDatabase(serverUrl, size, purpose);
  const scene = await onServer(url, async (client): Promise<Scene> => {
    const set = await setScene(client);
    if (purpose === 'unrecorded') await client.query(WITHOUT_TRIGGERS);
    return set;
  });
  const settle = () => onServer(url, untilSequenced);
  return { scene, server: await BenchServer.start('service', url, port, SERVER_CORE), settle };
}

/** Waits until every change is in the record, which is part of the cost of a write. */
async function untilSequenced(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ behind: boolean }>('SELECT record_is_behind() AS behind');
    if (rows[0]?.behind !== true) return;
    await sleep(50);
  }
}

function rowOf(endpoint: string, recorded: Samples | undefined, unrecorded: Samples | undefined) {
  const perSecond = (samples: Samples | undefined) =>
    (samples?.full ?? []).map(({ requestsPerSecond }) => requestsPerSecond);
  const paced = (samples: Samples | undefined, which: 'median' | 'p99') =>
    round(medianOf((samples?.paced ?? []).map((load) => load[which])));
  const without = perSecond(unrecorded);
  return {
    endpoint,
    'with/s': Math.round(medianOf(perSecond(recorded))),
    'without/s': Math.round(medianOf(without)),
    ratio: round(medianOf(perSecond(recorded).map((speed, index) => speed / (without[index] ?? Number.NaN)))),
    target: TARGET,
    'p50 ms with': paced(recorded, 'median'),
    'p50 ms without': paced(unrecorded, 'median'),
    'p99 ms with': paced(recorded, 'p99'),
    'p99 ms without': paced(unrecorded, 'p99'),
    'db µs with': Math.round(medianOf(recorded?.databaseCpu ?? [])),
    'db µs without': Math.round(medianOf(unrecorded?.databaseCpu ?? [])),
  };
}

async function reportFeed(contender: Contender): Promise<void> {
  const seconds = flags.rounds * flags.seconds;
  const read = await readFeed(contender, seconds);
  await report.table('feed', [
    {
      reader: 'one, 1,000 entries per request',
      'entries/s': Math.round(read.entries / seconds),
      'MB/s': round(read.bytes / seconds / 1e6),
      'cpu µs per entry': round(read.cpu / read.entries),
      'db µs per entry': round(read.databaseCpu / read.entries),
    },
  ]);
  const rows = [];
  for (const kind of ['long poll', 'event stream'] as const)
    rows.push(deliveryRow(kind, await deliveriesBy(kind, contender, seconds)));
  await report.table('delivery', rows);
}

function deliveryRow(reader: Delivery, latencies: readonly number[]) {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN);
  return { reader, entries: sorted.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'most ms': at(1) };
}
