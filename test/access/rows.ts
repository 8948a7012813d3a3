import type { DataSource } from 'typeorm';
import { OPERATOR } from '../../src/database/actor.js';
import { inTransaction } from '../../src/database/transaction.js';
import type { MembershipType } from '../../src/memberships/membership.entity.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Start and end of a membership, relative to now. */
export const TIMES = {
  live: [null, null],
  deleted: [null, null],
  started: ['-1 hour', null],
  within: ['-1 hour', '1 hour'],
  ended: ['-2 hours', '-1 hour'],
  'not started': ['1 hour', null],
} as const;

export type State = keyof typeof TIMES;
export type Membership = readonly [type: MembershipType, state: State];

/** @returns functions that insert and read rows of a database for the tests of a file */
export function useRows() {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  /** @returns the first row, as the service reads it */
  async function ask<Row extends object>(text: string, values: unknown[]): Promise<Row | undefined> {
    const [row] = await inTransaction(database.dataSource, OPERATOR, (transaction) =>
      transaction.query<Row>(text, values),
    );
    return row;
  }

  async function insert(text: string, values: unknown[]): Promise<number> {
    return (await ask<{ id: number }>(`INSERT INTO ${text} RETURNING id`, values))?.id ?? 0;
  }

  let medics = 0;
  function medic(isActive = true, createdById: number | null = null): Promise<number> {
    medics += 1;
    const email = `medic.${String(medics)}@example.org`;
    const columns = 'medic (name, email, email_key, is_active, created_by_id)';
    return insert(`${columns} VALUES ('Medic', $1, $1, $2, $3)`, [email, isActive, createdById]);
  }

  function hospital(isActive = true): Promise<number> {
    return insert(`hospital (name, patron, location, contact, is_active) VALUES ('', '', '', '', $1)`, [isActive]);
  }

  function membership(medicId: number, hospitalId: number, [type, state]: Membership): Promise<number> {
    const columns = 'membership (medic_id, hospital_id, type, is_active, is_deleted, valid_from, valid_until)';
    return insert(`${columns} VALUES ($1, $2, $3, false, $4, now() + $5::interval, now() + $6::interval)`, [
      medicId,
      hospitalId,
      type,
      state === 'deleted',
      ...TIMES[state],
    ]);
  }

  return { ask, medic, hospital, membership, dataSource: (): DataSource => database.dataSource };
}
