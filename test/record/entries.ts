import type { DataSource } from 'typeorm';
import { sequenceAll } from '../../src/record/bulk.js';
import { entryOf, type Entry } from '../../src/record/entry.js';
import { DIFFERENCES } from '../../src/record/replay.js';

/** @returns every entry, after what waits in the inbox has been sequenced */
export async function allEntries(dataSource: DataSource): Promise<Entry[]> {
  await sequenceAll(dataSource);
  const rows = await dataSource.query<{ body: string }[]>('SELECT body FROM record_entry ORDER BY position');
  return rows.map(({ body }) => entryOf(body));
}

/** @returns the entries that `work` adds */
export async function entriesOf(dataSource: DataSource, work: () => Promise<unknown>): Promise<Entry[]> {
  const before = (await allEntries(dataSource)).length;
  await work();
  return (await allEntries(dataSource)).slice(before);
}

/** Checks that positions have no gap, that no row's time goes back, and that the entries lead to the tables. */
export async function expectSound(dataSource: DataSource): Promise<void> {
  const entries = await allEntries(dataSource);
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  const last = new Map<string, Entry>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const previous = last.get(key);
    if (previous !== undefined) {
      expect(entry.at >= previous.at).toBe(true);
      expect(entry.before).toEqual(previous.after);
    }
    last.set(key, entry);
  }
  expect(await dataSource.query(DIFFERENCES, [10])).toEqual([]);
}

/** @returns text that is the same for all entries of one row */
function keyOf({ membership, medic, hospital, before, after }: Entry): string {
  const key = Object(after ?? before) as { token?: number; service?: number };
  return JSON.stringify(membership === null ? [medic, hospital, key.token, key.service] : [membership]);
}
