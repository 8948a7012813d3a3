import { setTimeout as sleep } from 'node:timers/promises';
import type { Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';
import { poolOf } from '../../database/pool.js';
import type { Reads } from '../../database/reads.js';
import { rowOf } from '../../database/statements.js';
import { ageOf } from '../../database/timestamps.js';
import type { Metrics } from './metrics.js';

/** Upper bound of the time that a scrape waits for the database, in milliseconds. */
const READ_MS = 1000;

/** Entries of the inbox that are counted at most, in about a millisecond. */
const MAX_COUNTED = 10_000;

/** The state of the record at a scrape. Ages are in milliseconds. */
interface RecordState {
  readonly position: number;
  readonly age: number | null;
  readonly waiting: number;
  readonly waitingAge: number | null;
}

const RECORD = `
  SELECT h.position,
    ${ageOf("nullif(h.clock, '-infinity')")} AS age,
    i.waiting, ${ageOf('i.oldest')} AS "waitingAge"
  FROM record_head h, (
    SELECT count(*)::integer AS waiting, min(at) AS oldest
    FROM (SELECT at FROM record_inbox WHERE seq > (SELECT inbox_seq FROM record_head) ORDER BY seq
      LIMIT ${String(MAX_COUNTED)}) first) i`;

/** At most 50 rows. A disabled webhook lags too: nothing is skipped, so somebody has to enable it. */
const WEBHOOKS = `SELECT w.name, h.position - w.position AS lag FROM webhook w, record_head h`;

/** The state of a webhook at a scrape. */
interface WebhookState {
  readonly name: string;
  /** Entries after its position. */
  readonly lag: number;
}

/** Adds the state of the connections, the record and the webhooks. A scrape costs two statements. */
export function measureDatabase(metrics: Metrics, dataSource: DataSource, reads: Reads): void {
  measureConnections(metrics, dataSource, reads);
  const up = metrics.gauge('memberships_database_up', 'Whether the database responded to this scrape in time.', 'min');
  const gauges: Record<keyof RecordState, Gauge> = {
    position: metrics.gauge('memberships_record_position', 'Entries in the record.', 'max'),
    age: metrics.gauge('memberships_record_age_seconds', 'Time since the record has last received entries.', 'min'),
    waiting: metrics.gauge(
      'memberships_record_waiting',
      `Changes that wait to enter the record; at most ${String(MAX_COUNTED)} are counted.`,
      'max',
    ),
    waitingAge: metrics.gauge('memberships_record_waiting_age_seconds', 'Age of the oldest of these changes.', 'max'),
  };
  const lag = metrics.gauge(
    'memberships_webhook_lag',
    "Entries after the position of a webhook, by the operator's name for it.",
    'max',
    ['webhook'],
  );
  metrics.beforeSnapshot(async () => {
    const [states, webhooks] = await Promise.all([
      read<RecordState>(reads, RECORD),
      read<WebhookState>(reads, WEBHOOKS),
    ]);
    const state = states === null ? null : rowOf(states);
    up.set(state === null ? 0 : 1);
    lag.reset();
    for (const { name, lag: entries } of webhooks ?? []) lag.set({ webhook: name }, Math.max(0, entries));
    for (const [name, gauge] of Object.entries(gauges) as [keyof RecordState, Gauge][]) {
      // A value from before an outage would look like a current one.
      gauge.remove();
      const value = name === 'waitingAge' && state?.waiting === 0 ? 0 : state?.[name];
      if (value !== null && value !== undefined)
        gauge.set(Math.max(0, name === 'age' || name === 'waitingAge' ? value / 1000 : value));
    }
  });
}

/** @returns null if the database fails or does not respond in time */
function read<Row extends object>(reads: Reads, statement: string): Promise<Row[] | null> {
  return Promise.race([reads.query<Row>(statement).catch(() => null), sleep(READ_MS, null, { ref: false })]);
}

function measureConnections(metrics: Metrics, dataSource: DataSource, reads: Reads): void {
  const connections = metrics.gauge(
    'memberships_database_write_connections',
    'Connections for writes, by whether a transaction has them.',
    'sum',
    ['state'],
  );
  const waiting = metrics.gauge('memberships_database_waiting', 'Work that waits for the database now.', 'sum', [
    'queue',
  ]);
  const pool = poolOf(dataSource);
  metrics.beforeSnapshot(() => {
    connections.set({ state: 'idle' }, pool.idleCount);
    connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
    waiting.set({ queue: 'writes' }, pool.waitingCount);
    for (const [queue, count] of Object.entries(reads.waiting)) waiting.set({ queue }, count);
  });
}
