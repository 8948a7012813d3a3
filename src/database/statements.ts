import { createHash } from 'node:crypto';
import type pg from 'pg';
import { databaseFailureOf } from './database-errors.js';
import { PreparedQuery } from './prepared-query.js';
import type { SessionClient } from './session-client.js';

/** Executes SQL statements. */
export interface Statements {
  /**
   * @param text constant SQL, never built from input, because it is prepared once
   * @returns the rows; timestamps are texts in the format of the contract
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Constant SQL and its parameters. */
export type Statement = readonly [text: string, values?: readonly unknown[]];

/**
 * The prepared statement is invalid: feature_not_supported ("cached plan must not change result type", after a
 * migration), or invalid_sql_statement_name, because preparing it failed.
 */
export const INVALID_STATEMENT = new Set<string | undefined>(['0A000', '26000']);

/** Maps the text of a statement to the name that all connections prepare it by. */
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

/** Makes every connection prepare every statement again. */
function discardNames(): void {
  names.clear();
  generation += 1;
}

/**
 * Runs one statement, prepared by name if the connection keeps prepared statements.
 * @returns the rows
 * @throws the error of the database; if a prepared statement was invalid, the caller may retry
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
    // Captures the caller's stack, not the socket reader's.
    if (error instanceof Error) Error.captureStackTrace(error);
    // All pipelined statements with this name may fail; only the first failure discards the names.
    if (INVALID_STATEMENT.has(databaseFailureOf(error).code) && names.get(text) === name) discardNames();
    throw error;
  }
}

/**
 * Does the same as `client.query({ name, text, values })`, but without copying that object property by property, which
 * takes a tenth of the time of a small read.
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
    client.query(new PreparedQuery<Row>(name, text, values, client.columns, callback));
  });
}

/**
 * @returns the first row of a statement that always returns one
 * @throws Error there is no row: a defect
 */
export function rowOf<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('A statement returned no row.');
  return row;
}
