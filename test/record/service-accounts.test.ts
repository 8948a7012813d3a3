import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { entryOf, type Entry } from '../../src/record/entry.js';
import { RecordReader } from '../../src/record/record-reader.js';
import { DIFFERENCES } from '../../src/record/replay.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const service = useService();

/** @returns the entries after a position, as they are stored */
const bodiesAfter = async (after: number) =>
  (await service.app.get(RecordReader).after({ after, limit: 10 })).entries.map(({ body }) => body);

test('a service account leaves entries with its id, scopes and instants, and never with its name or keys', async () => {
  const { position } = await service.app.get(RecordReader).head();
  const accounts = service.app.get(ServiceAccounts);
  const account = await accounts.create({ name: 'an-auditor', scopes: ['event:read'] });
  const second = await accounts.rotate(account.name, 60);
  await service.dataSource.query(`UPDATE service_account SET scopes = '{record:read}' WHERE id = $1`, [account.id]);
  const { revoked_at } = await accounts.revoke(account.name);
  const [{ digest, previous }] = await service.dataSource.query<[Record<'digest' | 'previous', string>]>(
    `SELECT encode(digest, 'hex') AS digest, encode(previous_digest, 'hex') AS previous
     FROM service_account WHERE id = $1`,
    [account.id],
  );
  const state = (scope: string, expires_at: unknown, revoked: string | null = null) => ({
    service: account.id,
    scopes: [scope],
    expires_at,
    revoked_at: revoked,
  });
  const first = state('event:read', account.expires_at);
  const rotated = state('event:read', second.expires_at);
  const changed = state('record:read', second.expires_at);
  const bodies = await bodiesAfter(position);
  const entries = bodies.map(entryOf);
  expect(entries.map(({ type, before, after }: Entry) => [type, before, after])).toEqual([
    ['service.created', null, first],
    ['service.rotated', first, rotated],
    ['service.rotated', rotated, changed],
    ['service.revoked', changed, { ...changed, revoked_at }],
  ]);
  expect(entries.map(({ actor }) => actor.type)).toEqual(['operator', 'operator', 'database', 'operator']);
  expect(entries.map(({ membership, medic, hospital }) => membership ?? medic ?? hospital)).toEqual([
    null,
    null,
    null,
    null,
  ]);
  for (const secret of [account.name, account.key, second.key, digest, previous])
    expect(bodies.join('\n')).not.toContain(secret);
  expect(await service.dataSource.query(DIFFERENCES, [1])).toEqual([]);
});

test('the use of a service account leaves no entry', async () => {
  const account = await givenService(service);
  const { position } = await service.app.get(RecordReader).head();
  await service.dataSource.query('UPDATE service_account SET last_used_at = now() WHERE id = $1', [account.id]);
  expect(await bodiesAfter(position)).toEqual([]);
});

test('TRUNCATE of the service accounts is refused', async () => {
  await givenService(service);
  await expect(service.dataSource.query('TRUNCATE service_account')).rejects.toThrow(/would leave no record/);
});
