import type { DataSource } from 'typeorm';
import { valueOf } from './hand.js';
import { instant } from './instant.js';

/** @returns the instant of the database's clock, moved by an interval such as `-1 hour`, in the contract's format */
export function fromNow(dataSource: DataSource, interval = '0'): Promise<string> {
  return valueOf<string>(dataSource, `SELECT ${instant('(clock_timestamp() + $1::interval)')} AS value`, [interval]);
}

/** Waits until the database's clock has passed an instant. */
export async function passing(dataSource: DataSource, at: string): Promise<void> {
  const rest = `SELECT pg_sleep(GREATEST(0, extract(epoch FROM $1::timestamptz - clock_timestamp())))::text AS value`;
  do await valueOf(dataSource, rest, [at]);
  while (!(await valueOf<boolean>(dataSource, 'SELECT clock_timestamp() > $1::timestamptz AS value', [at])));
}

/** Columns of a membership that has ended, whenever the test runs. */
export const ENDED = { validUntil: new Date('2021-01-01') };

/** Columns of a membership that has not started. */
export const UPCOMING = { validFrom: new Date('2999-01-01') };

/** Columns of a membership with limits that is in force. */
export const WITHIN = { validFrom: new Date('2021-01-01'), validUntil: new Date('2999-01-01') };

/** A membership with limits in time. */
export interface LimitedMembership {
  readonly id: number;
  /** Its limits, in the contract's format; null for none. */
  readonly from: string | null;
  readonly until: string | null;
}

/**
 * Inserts a live membership with limits relative to the clock of the same statement, so that it does not matter how long
 * anything else takes.
 * @param limits intervals such as `300 milliseconds`; null for none
 */
export async function givenLimited(
  dataSource: DataSource,
  medic: { readonly id: number },
  hospital: number,
  limits: { readonly type?: string; readonly from?: string | null; readonly until?: string | null },
): Promise<LimitedMembership> {
  const { type = 'MEMBER', from = null, until = null } = limits;
  const row = await valueOf<string>(
    dataSource,
    `INSERT INTO membership (medic_id, hospital_id, type, is_active, valid_from, valid_until)
     SELECT $1, $2, $3, true, at + $4::interval, at + $5::interval FROM (SELECT clock_timestamp() AS at OFFSET 0) clock
     RETURNING json_build_object('id', id, 'from', ${instant('valid_from')}, 'until', ${instant('valid_until')})::text AS value`,
    [medic.id, hospital, type, from, until],
  );
  return JSON.parse(row) as LimitedMembership;
}
