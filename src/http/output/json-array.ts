import { Readable } from 'node:stream';

/**
 * Streams a list, holding one batch at a time in memory. The first batch is read before the function returns, so
 * that a database failure still determines the status.
 * @param read returns the batch after an item, or the first batch for undefined
 * @param size items per batch; a smaller batch is the last
 * @returns the items if one batch holds them all, otherwise a stream of JSON text
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
