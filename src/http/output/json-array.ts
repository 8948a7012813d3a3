import { Readable } from 'node:stream';

/**
 * Answers a list without holding more than one batch of it in memory.
 * @param read gives the batch of items that follows an item, or the first batch for undefined
 * @param size how many items a batch has; one with fewer is the last
 * @returns the items where they are one batch, or else the text of their JSON. The first batch has been
 *   read by then, so that a failure of the database has its status.
 */
export async function jsonArray<Item extends object>(
  read: (after: Item | undefined) => Promise<Item[]>,
  size: number,
): Promise<Item[] | Readable> {
  const first = await read(undefined);
  return first.length < size ? first : Readable.from(textOf(first, read, size));
}

async function* textOf<Item extends object>(
  first: Item[],
  read: (after: Item | undefined) => Promise<Item[]>,
  size: number,
): AsyncGenerator<string> {
  let separator = '[';
  for (let batch = first; batch.length > 0; batch = batch.length < size ? [] : await read(batch.at(-1))) {
    yield separator + batch.map((item) => JSON.stringify(item)).join(',');
    separator = ',';
  }
  yield ']';
}
