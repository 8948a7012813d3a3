import { DataSource } from 'typeorm';
import { digestOf, generateKey } from '../../src/auth/token-key.js';
import { actorOf } from '../../src/database/actor.js';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { inTransaction } from '../../src/database/transaction.js';
import { FastMembershipStore } from '../../src/memberships/fast-membership-store.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { TransactionalMembershipStore } from '../../src/memberships/transactional-membership-store.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { callerOf } from '../support/caller.js';
import { entriesSince, markOf, type Written } from '../support/record.js';
import { isServer } from '../support/server.js';
import { useService, type Service } from '../support/service.js';
import { WRITE_ROUTES, type Write, type WriteRoute } from './write-routes.js';

/** @returns the id of a medic's key */
async function tokenIdOf({ dataSource }: Service, key: string): Promise<number> {
  const values = [digestOf(key)];
  const [token] = await dataSource.query<[{ id: number }]>('SELECT id FROM api_token WHERE digest = $1', values);
  return token.id;
}

/** Sends a write that must succeed. @returns the response, and the entries that it has left, ordered by type */
async function send(service: Service, { operation }: WriteRoute, write: Write, requestId?: string) {
  const { by, authorization = `Token ${by.token}`, path, body } = write;
  const headers = {
    ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    ...(authorization === null ? {} : { authorization }),
  };
  const mark = await markOf(service.dataSource);
  const answer = await service.client.send(operation.split(' ', 1)[0] ?? '', `/${path}`, { headers, body });
  expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
  const written = await entriesSince(service.dataSource, mark);
  return { answer, written: written.sort((a, b) => (a.type < b.type ? -1 : 1)) };
}

/** Sends a request that creates a medic, a key and a membership. */
async function createMedic(
  service: Service,
  requestId?: string,
): Promise<{ answer: CheckedResponse; written: Written[] }> {
  const route = WRITE_ROUTES.find(({ types }) => types.length === 3) as WriteRoute;
  return send(service, route, await route.given(service, await service.given.hospital()), requestId);
}

const service = useService();

test('every operation of the document that may write is tested', async () => {
  const operations = Object.entries((await service.document()).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const writes = operations.filter((operation) => /^(POST|PUT|PATCH|DELETE) /.test(operation));
  expect(writes.sort()).toEqual([...new Set(WRITE_ROUTES.map(({ operation }) => operation))].sort());
});

test.each(WRITE_ROUTES.map((route): [string, WriteRoute] => [`${route.operation} ${route.title}`, route]))(
  'every entry of %s names the medic, the key and the request',
  async (_, route) => {
    const write = await route.given(service, await service.given.hospital());
    const token = write.authorization === null ? null : await tokenIdOf(service, write.by.token);
    const { written } = await send(service, route, write, 'request-7');
    const actor = { type: 'medic', id: write.by.id, token };
    expect(written).toEqual(route.types.map((type) => ({ type, actor, request: 'request-7' })));
  },
);

test('a request without an id is recorded with the id of its response', async () => {
  const { answer, written } = await createMedic(service);
  const id = answer.headers.get('x-request-id');
  expect(written.map(({ request }) => request)).toEqual([id, id, id]);
});

test.each([
  ['a key of a medic', generateKey()],
  ['a key of a service account', generateKey('service')],
  ['a key in capital letters', generateKey().toUpperCase()],
  ['a text around a key', `job-${generateKey()}-1`],
])('%s as request id is returned, but neither recorded nor logged', async (_, id) => {
  const { answer, written } = await createMedic(service, id);
  expect(answer.headers.get('x-request-id')).toBe(id);
  const [{ request } = { request: null }] = written;
  expect(written.map((entry) => entry.request)).toEqual([request, request, request]);
  expect(request).toMatch(/^[0-9a-f-]{36}$/);
  expect(service.log.join('')).toContain(String(request));
  expect(service.log.join('')).not.toContain(id);
});

test('an actor lasts no longer than its write', async () => {
  const alone = isServer ? await oneConnection(service) : service.dataSource;
  const { hospital, admin, outsider } = await service.given.hospital();
  const caller = await callerOf(service.dataSource, admin.token);
  const store = new FastMembershipStore(alone, service.app.get(TransactionalMembershipStore));
  const activate = `UPDATE hospital SET is_active = true WHERE id = ${String(hospital)}`;
  const deactivate = activate.replace('true', 'false');
  const mark = await markOf(service.dataSource);
  const wanted = { type: MembershipType.MEMBER, isActive: undefined };
  await store.create(caller, { medicId: outsider.id, hospitalId: hospital }, wanted);
  await alone.query(deactivate);
  await inTransaction(alone, actorOf(caller), (transaction) => transaction.query(activate));
  await alone.query(deactivate);
  if (alone !== service.dataSource) await alone.destroy();
  const written = await entriesSince(service.dataSource, mark);
  expect(written.map(({ type, actor, request }) => [type, actor.type, request])).toEqual([
    ['membership.created', 'medic', 'test'],
    ['hospital.deactivated', 'database', null],
    ['hospital.activated', 'medic', 'test'],
    ['hospital.deactivated', 'database', null],
  ]);
});

/** @returns a data source on the service's database that has a single connection */
function oneConnection({ database }: Service): Promise<DataSource> {
  const options = postgresOptions(database.variables['DATABASE_URL'] ?? '');
  Object.assign(options.extra as object, { max: 1 });
  return new DataSource(options).initialize();
}
