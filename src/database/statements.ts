import { createHash } from 'node:crypto';
import pg from 'pg';
import { databaseFailureOf } from './database-errors.js';
import type { SessionClient } from './session-client.js';

/** Whatever answers a statement of SQL with rows. */
export interface Statements {
  /**
   * @param text SQL that is written in the source, never put together from input: it is prepared once
   * @returns the rows; an instant in them is the contract's text
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * What is prepared does not fit any more: feature_not_supported ("cached plan must not change result type",
 * after a migration), or invalid_sql_statement_name, where it could not be prepared by the statement before.
 */
const UNFIT = new Set<string | undefined>(['0A000', '26000']);

/** Text of a statement -> the name that all connections prepare it by. */
const names = new Map<string, string>();
let generation = 0;

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha256')
      .update(`${String(generation)} ${text}`)
      .digest('base64url')
      .slice(0, 32);
    names.set(text, name);
  }
  return name;
}

/** Has every connection prepare every statement anew. */
function forgetNames(): void {
  names.clear();
  generation += 1;
}

/**
 * Sends one statement, prepared by its name where the connection keeps it.
 * @returns the rows
 * @throws what the database says; where that is that something prepared is unfit, the same may be done again
 */
export async function send<Row extends object>(
  client: SessionClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  if (!client.keepsPrepared) return (await client.query<Row>(text, values as unknown[])).rows;
  const name = nameOf(text);
  try {
    return (await sendPrepared<Row>(client, name, text, values)).rows;
  } catch (error) {
    // The log is to tell who asked, not who read the answer.
    if (error instanceof Error) Error.captureStackTrace(error);
    // Those that were sent by the same name may all fail; the first has had it forgotten.
    if (UNFIT.has(databaseFailureOf(error).code) && names.get(text) === name) forgetNames();
    throw error;
  }
}

/**
 * Does what `client.query({ name, text, values })` does, without the copy of that object, property by property,
 * which takes a tenth of the time of a small read.
 */
function sendPrepared<Row extends object>(
  client: SessionClient,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<pg.QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    const callback = (error: Error | null, result: pg.QueryResult<Row>) => {
      if (error === null) resolve(result);
      else reject(error);
    };
    client.query(Object.assign(new pg.Query(text, values as unknown[]), { name, callback }));
  });
}

/** @returns the first row of a statement that always answers one. @throws Error it did not: a defect */
export function rowOf<Row>([row]: Row[]): Row {
  if (row === undefined) throw new Error('A statement answered no row.');
  return row;
}
