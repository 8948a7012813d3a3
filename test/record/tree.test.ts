import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { isServer } from '../support/server.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
});
afterEach(() => database.drop());

const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** MTH of RFC 6962, 2.1, over the hashes of leaves, word for word. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  const [first] = leaves;
  if (leaves.length === 1 && first !== undefined) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(NODE, rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** @returns the root that the head's peaks give */
async function rootOfHead(): Promise<{ size: number; root: Buffer }> {
  const [head] = await dataSource.query<[{ position: string; peaks: (Buffer | null)[] }]>(
    'SELECT position, peaks FROM record_head',
  );
  const peaks = head.peaks.filter((peak) => peak !== null);
  const bits = Number(head.position).toString(2).replaceAll('0', '').length;
  expect(peaks).toHaveLength(bits);
  const root = peaks.reduce((right, left) => sha256(NODE, left, right));
  return { size: Number(head.position), root };
}

async function leaves(): Promise<Buffer[]> {
  const rows = await dataSource.query<{ body: string }[]>('SELECT body FROM record_entry ORDER BY position');
  return rows.map(({ body }) => sha256(LEAF, Buffer.from(body, 'utf8')));
}

async function expectTiles(all: readonly Buffer[]): Promise<void> {
  const tiles = await dataSource.query<{ level: number; number: number; hashes: Buffer; root: Buffer }[]>(
    'SELECT * FROM record_tile ORDER BY level, number',
  );
  const expected: unknown[] = [];
  let hashes = all;
  for (let level = 0; hashes.length >= 256; level += 1) {
    const roots: Buffer[] = [];
    for (let number = 0; (number + 1) * 256 <= hashes.length; number += 1) {
      const of = hashes.slice(number * 256, (number + 1) * 256);
      roots.push(rootOf(of));
      expected.push({ level, number, hashes: Buffer.concat(of), root: rootOf(of) });
    }
    hashes = roots;
  }
  expect(tiles).toEqual(expected);
}

/** Puts changes into the inbox. Texts beyond ASCII show that bytes are hashed, not characters. */
const wait = (count: number) =>
  dataSource.query(
    `INSERT INTO record_inbox (id, at, subject, type, medic, after, actor, request)
     SELECT gen_random_uuid(), now(), 'medic', 'medic.created', n, '{"is_active":true}', '{"type":"clock"}', 'ñ\u{1F3E5}'
     FROM generate_series(1, $1::integer) n`,
    [count],
  );
const sequence = (batch: number) => dataSource.query('SELECT record_sequence($1)', [batch]);

test('the tree of every size from 1 to 600 has the root of RFC 6962, and every full tile is stored', async () => {
  await wait(600);
  const roots: Buffer[] = [];
  for (let size = 1; size <= 600; size += 1) {
    await sequence(1);
    const head = await rootOfHead();
    expect(head.size).toBe(size);
    roots.push(head.root);
  }
  const all = await leaves();
  expect(roots.map((root) => root.toString('hex'))).toEqual(
    roots.map((_, index) => rootOf(all.slice(0, index + 1)).toString('hex')),
  );
  await expectTiles(all);
});

test('the tree does not depend on the batches in which entries are added', async () => {
  await wait(3000);
  for (const batch of [1, 2, 3, 250, 1, 255, 256, 257, 511, 600, 1000]) {
    await sequence(batch);
    const { size, root } = await rootOfHead();
    const all = await leaves();
    expect(all).toHaveLength(size);
    expect(root).toEqual(rootOf(all));
    await expectTiles(all);
  }
});

(isServer ? test : test.skip)('65,536 entries fill a tile of the second level', async () => {
  await wait(65_700);
  for (let number = 0; number < 7; number += 1) await sequence(10_000);
  const all = await leaves();
  expect((await rootOfHead()).root).toEqual(rootOf(all));
  await expectTiles(all);
});
