import { WebhookLeases, type Claimed } from '../../src/record/webhooks/leases.js';
import { SigningKeys } from '../../src/record/evidence/signing-keys.js';
import { WebhookSecrets } from '../../src/record/webhooks/secrets.js';
import { MAX_WEBHOOKS, Webhooks } from '../../src/record/webhooks/webhooks.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { givenOn } from '../faults/scratch.js';

let database: TestDatabase;
let webhooks: Webhooks;
/** Two processes. */
let one: WebhookLeases;
let other: WebhookLeases;
beforeEach(async () => {
  database = await createTestDatabase();
  const { dataSource } = database;
  webhooks = new Webhooks(dataSource, new WebhookSecrets(SigningKeys.none));
  one = new WebhookLeases(dataSource);
  other = new WebhookLeases(dataSource);
  await givenOn(dataSource).emptyHospital();
  await givenOn(dataSource).emptyHospital();
  await webhooks.add({ name: 'hook', url: 'https://example.org/', after: 0 });
});
afterEach(() => database.drop());

const run = (sql: string) => database.dataSource.query<unknown>(sql);
const expire = () => run('UPDATE webhook SET leased_until = clock_timestamp()');
const position = async () => (await webhooks.list())[0]?.position;

async function claimed(by: WebhookLeases): Promise<Claimed> {
  const [first] = await by.claim(10);
  if (first === undefined) throw new Error('There is nothing to claim.');
  return first;
}

test('a webhook that one process has claimed is not claimed by another, until the lease has run out', async () => {
  const { lease } = await claimed(one);
  expect(await other.claim(10)).toEqual([]);
  expect((await other.look()).isDue).toBe(false);
  await expire();
  expect((await other.look()).isDue).toBe(true);
  expect((await claimed(other)).lease.lease).not.toBe(lease.lease);
  expect(await one.claim(10)).toEqual([]);
});

test('of many processes that claim at once, one gets the webhook', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => new WebhookLeases(database.dataSource).claim(10)));
  expect(all.flat()).toHaveLength(1);
});

test('a process that has lost its lease does not move the position, and fails nothing', async () => {
  const { lease } = await claimed(one);
  await expire();
  const next = await claimed(other);
  expect(await one.delivered(lease, 0, 1)).toBeUndefined();
  expect(await one.renew(lease)).toBeUndefined();
  expect(await one.failed(lease, { reason: 'status 410', delay: 5, isGone: true })).toBeUndefined();
  await one.release(lease, 0, 2);
  expect(await webhooks.list()).toMatchObject([{ position: 0, failures: 0, disabled_at: null }]);
  expect(await other.claim(10)).toEqual([]);
  expect(await other.delivered(next.lease, 0, 1)).toMatchObject({ position: 1 });
  expect(await position()).toBe(1);
});

test('a process whose lease has run out goes on if nobody else has claimed the webhook', async () => {
  const { lease } = await claimed(one);
  await expire();
  expect(await one.delivered(lease, 0, 1)).toMatchObject({ position: 1 });
  expect(await other.claim(10)).toEqual([]);
});

test('a position that is not the expected one, after a failover, is not moved; the same statement twice is once', async () => {
  const { lease } = await claimed(one);
  expect(await one.delivered(lease, 0, 1)).toMatchObject({ position: 1 });
  expect(await one.delivered(lease, 0, 1)).toMatchObject({ position: 1 });
  await run('UPDATE webhook SET position = 0');
  expect(await one.delivered(lease, 1, 2)).toBeUndefined();
  await one.release(lease, 1, 2);
  expect(await position()).toBe(0);
});

test('a webhook that is released or has failed can be claimed at once, or when its time has come', async () => {
  const first = await claimed(one);
  await one.release(first.lease, 0, 0);
  const second = await claimed(other);
  expect(await other.failed(second.lease, { reason: 'status 500', delay: 60, isGone: false })).toBe(false);
  expect([await one.claim(10), (await one.look()).isDue]).toEqual([[], false]);
  await run('UPDATE webhook SET next_attempt_at = clock_timestamp()');
  expect((await claimed(one)).settings.failures).toBe(1);
});

test('a disabled webhook is not claimed, and its holder learns of it with the next delivery', async () => {
  const { lease } = await claimed(one);
  await webhooks.disable('hook');
  expect(await one.delivered(lease, 0, 1)).toMatchObject({ position: 1, isDisabled: true });
  await one.release(lease, 1, 1);
  expect([await other.claim(10), await other.look()]).toEqual([
    [],
    { hasWebhooks: false, isDue: false, hasExpired: false, head: 2 },
  ]);
  await webhooks.enable('hook');
  expect((await claimed(other)).settings.position).toBe(1);
  await webhooks.remove('hook');
  expect(await other.renew(lease)).toBeUndefined();
});

test('a webhook at the end of the record is not claimed until there is an entry', async () => {
  const { lease } = await claimed(one);
  await one.release(lease, 0, 2);
  expect([await one.claim(10), await one.look()]).toEqual([
    [],
    { hasWebhooks: true, isDue: false, hasExpired: false, head: 2 },
  ]);
});

test('there are at most 50 webhooks, however many commands run at once', async () => {
  await run(
    `INSERT INTO webhook (name, url, position, secret)
     SELECT 'n' || n, 'https://example.org/', 0, '' FROM generate_series(3, ${String(MAX_WEBHOOKS)}) n`,
  );
  const added = await Promise.allSettled(
    ['a', 'b', 'c'].map((name) => webhooks.add({ name, url: 'https://example.org/' })),
  );
  expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await webhooks.list()).toHaveLength(MAX_WEBHOOKS);
  expect(await one.claim(MAX_WEBHOOKS)).toHaveLength(MAX_WEBHOOKS - 1);
});
