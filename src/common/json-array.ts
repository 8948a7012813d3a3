import { Readable } from 'node:stream';

/**
 * Answers a list without holding it in memory.
 * @param batches the items of the list, in parts
 * @returns the JSON of one array; the first batch has been read by then, so that a failure of the
 *   database has its status
 */
export async function jsonArray(batches: AsyncGenerator<object[]>): Promise<Readable> {
  const first = await batches.next();
  return Readable.from(textOf(first, batches));
}

async function* textOf(first: IteratorResult<object[]>, batches: AsyncGenerator<object[]>): AsyncGenerator<string> {
  let separator = '[';
  for (let batch = first; batch.done !== true; batch = await batches.next()) {
    const items = batch.value.map((item) => JSON.stringify(item)).join(',');
    if (items !== '') {
      yield separator + items;
      separator = ',';
    }
  }
  yield separator === '[' ? '[]' : ']';
}
