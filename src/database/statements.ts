import { createHash } from 'node:crypto';
import type { SessionClient } from './session-client.js';

/** Whatever answers a statement of SQL with rows. */
export interface Statements {
  /**
   * @param text SQL that is written in the source, never put together from input: it is prepared once
   * @returns the rows; an instant in them is the contract's text
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** The text says all, so that two versions of the service can use one session behind a pooler. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 32);
    names.set(text, name);
  }
  return name;
}

/** Sends one statement, prepared by its name where the connection keeps it. @returns the rows */
export async function send<Row extends object>(
  client: SessionClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const statement = { text, values: values as unknown[] };
  const { rows } = await client.query<Row>(client.keepsPrepared ? { ...statement, name: nameOf(text) } : statement);
  return rows;
}

/** @returns the first row of a statement that always answers one. @throws Error it did not: a defect */
export function rowOf<Row>([row]: Row[]): Row {
  if (row === undefined) throw new Error('A statement answered no row.');
  return row;
}
