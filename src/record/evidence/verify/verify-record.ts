import type { DataSource, EntityManager } from 'typeorm';
import { databaseFailureOf } from '../../../database/database-errors.js';
import { sequenceAll } from '../../bulk.js';
import { HEAD, type Head } from '../../record-reader.js';
import { DIFFERENCES, type Difference } from '../../replay.js';
import type { TreeHead } from '../checkpoint.js';
import type { SigningKeys } from '../signing-keys.js';
import { TILE_WIDTH } from '../tile-path.js';
import { KeptCheckpoints, type KeptCheckpoint } from './kept-checkpoints.js';
import { readStored, STORED_BATCH, wrongColumns } from '../../stored-entry.js';
import { TreeWalk, type StoredTile } from './tree-walk.js';

/** Upper bound of the rows that are named because they differ from their entries. */
const MAX_DIFFERENCES = 20;

/** invalid_text_representation: text is not JSON, or not a number. */
const INVALID_TEXT = '22P02';

/** The result of {@link verifyRecord}. */
export interface Verified extends TreeHead {
  /** Sentences; none if the record is intact. */
  readonly problems: readonly string[];
}

/** Evidence that the record is compared with, besides itself and the tables. */
export interface Witnesses {
  readonly checkpoints: readonly KeptCheckpoint[];
  readonly keys: SigningKeys;
}

/**
 * Recomputes every leaf, tile and the root, compares them with what is stored and with checkpoints that somebody kept,
 * replays the entries, and compares the result with the tables (section 13 of the contract). It reads one snapshot, in
 * batches.
 * @param onProgress called with the number of entries so far
 */
export async function verifyRecord(
  dataSource: DataSource,
  { checkpoints, keys }: Witnesses,
  onProgress: (entries: number) => void,
): Promise<Verified> {
  // A record that was changed may accept no further entries. The reason is found below.
  let failure: Error | undefined;
  try {
    await sequenceAll(dataSource);
  } catch (error) {
    failure = error as Error;
  }
  const verified = await dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('SET TRANSACTION READ ONLY');
    await manager.query('SET LOCAL statement_timeout = 0');
    const [head] = await manager.query<[Head]>(HEAD);
    const kept = new KeptCheckpoints(checkpoints, head.origin, keys);
    const walk = new TreeWalk((level, number) => findTile(manager, level, number));
    const problem =
      (await walkEntries(manager, walk, (size) => {
        kept.compare(size, () => walk.root());
        if (size % STORED_BATCH === 0) onProgress(size);
      })) ?? wrongEnd(head, walk);
    // After a wrong entry, the rest of the tree cannot be compared.
    if (problem === undefined) kept.finish(walk.size);
    const problems = [
      ...(problem === undefined ? [] : [problem]),
      ...(problem === undefined ? await surplusTiles(manager, walk.size) : []),
      ...kept.problems,
      ...(await replay(manager)),
    ];
    return { origin: head.origin, size: walk.size, root: walk.root(), problems };
  });
  if (failure !== undefined && verified.problems.length === 0) throw failure;
  return verified;
}

/** @returns the first problem, or undefined */
async function walkEntries(
  manager: EntityManager,
  walk: TreeWalk,
  onSize: (size: number) => void,
): Promise<string | undefined> {
  onSize(0);
  for (let last = '-9223372036854775808'; ;) {
    const rows = await readStored(manager, last);
    for (const row of rows) {
      const expected = String(walk.size + 1);
      if (row.position !== expected) {
        const isBefore = BigInt(row.position) < BigInt(expected);
        return isBefore
          ? `position ${row.position}: there must be no entry.`
          : `position ${expected}: the entry is missing.`;
      }
      const wrong = wrongColumns(row);
      if (wrong.length > 0) return `position ${expected}: the entry differs from its columns: ${wrong.join(', ')}.`;
      const problem = await walk.add(row.body);
      if (problem !== undefined) return problem;
      onSize(walk.size);
    }
    if (rows.length < STORED_BATCH) return undefined;
    last = rows.at(-1)?.position ?? last;
  }
}

function wrongEnd({ position, peaks }: Head, walk: TreeWalk): string | undefined {
  if (walk.size < position)
    return `position ${String(walk.size + 1)}: the entry is missing; the head is at ${String(position)}.`;
  if (walk.size > position) return `position ${String(position + 1)}: the entry is beyond the head.`;
  const wrong = walk.wrongPeak(peaks);
  if (wrong === undefined) return undefined;
  const { first, last } = wrong;
  return `positions ${String(first)} to ${String(last)}: the entries do not have the hash that the head contains.`;
}

/** The last statement of the transaction, because its failure ends it. */
async function replay(manager: EntityManager): Promise<string[]> {
  try {
    return (await manager.query<Difference[]>(DIFFERENCES, [MAX_DIFFERENCES])).map(sentenceOf);
  } catch (error) {
    if (databaseFailureOf(error).code !== INVALID_TEXT) throw error;
    return ['The entries cannot be replayed, because one of them is not readable.'];
  }
}

async function findTile(manager: EntityManager, level: number, number: number): Promise<StoredTile | undefined> {
  const [tile] = await manager.query<StoredTile[]>(
    'SELECT hashes, root FROM record_tile WHERE level = $1 AND number = $2::bigint',
    [level, number],
  );
  return tile;
}

async function surplusTiles(manager: EntityManager, size: number): Promise<string[]> {
  const levels = await manager.query<{ level: number; tiles: number }[]>(
    'SELECT level, count(*)::integer AS tiles FROM record_tile GROUP BY level ORDER BY level',
  );
  return levels
    .filter(({ level, tiles }) => tiles !== Math.floor(size / TILE_WIDTH ** (level + 1)))
    .map(({ level }) => `level ${String(level)} has tiles that no entries belong to.`);
}

function sentenceOf({ subject, id, recorded, stored }: Difference): string {
  const name = `${subject} ${String(id)}`;
  if (recorded === stored) return `${name}: the row was not last changed by the last entry about it.`;
  const stateOf = (state: string | null) => state ?? 'no row';
  return `${name}: the record says ${stateOf(recorded)}, but the table has ${stateOf(stored)}.`;
}
