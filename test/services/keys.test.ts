import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { digestOf, generateKey } from '../../src/auth/token-key.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';
import { givenService, type ServiceActor } from '../support/services.js';

const service = useService();
const accounts = () => service.app.get(ServiceAccounts);

/** Sends a request to a route of services with this `Authorization` header. */
const withHeader = (authorization?: string) =>
  service.client.send('POST', '//oauth2/introspect', {
    body: new URLSearchParams({ token: 'x' }),
    headers: authorization === undefined ? {} : { authorization },
  });

const challengeOf = async (authorization?: string) => {
  const { status, headers } = await withHeader(authorization);
  return [status, headers.get('www-authenticate')];
};

const works = async ({ key }: Pick<ServiceActor, 'key'>) => (await withHeader(`Bearer ${key}`)).status === 200;

const INVALID = [401, 'Bearer error="invalid_token"'];
const INSUFFICIENT = [403, 'Bearer error="insufficient_scope", scope="token:introspect"'];

describe('the key of a service account', () => {
  test.each(['Bearer', 'bearer', 'Token', 'TOKEN'])(
    'the key of a service account opens a route of services with the scheme %s',
    async (scheme) => {
      const { key } = await givenService(service, 'token:introspect');
      expect((await withHeader(`${scheme} ${key}`)).status).toBe(200);
    },
  );

  test.each([undefined, '', 'Basic aG1zXw==', 'Digest x'])(
    'the key of a service account is asked for if the header is %j',
    async (header) => {
      expect(await challengeOf(header)).toEqual([401, 'Bearer']);
    },
  );

  test('the key of a service account is refused if it is malformed or unknown', async () => {
    const { key } = await givenService(service);
    for (const header of ['Bearer', 'Bearer ', 'Bearer x', `Bearer ${key.slice(0, -1)}`, `Bearer ${key} ${key}`])
      expect([header, ...(await challengeOf(header))]).toEqual([header, ...INVALID]);
    expect(await challengeOf(`Bearer ${generateKey('service')}`)).toEqual(INVALID);
    expect(await challengeOf(`Bearer ${generateKey('medic')}`)).toEqual(INVALID);
  });

  test('the key of a service account is refused without the scope, and the refusal names it', async () => {
    const { key } = await givenService(service, 'decision:check', 'decision:search', 'event:read', 'record:read');
    expect(await challengeOf(`Bearer ${key}`)).toEqual(INSUFFICIENT);
  });

  test.each(['Bearer', 'Token'])(
    'the key of a service account is not that of a medic, who is refused with the scheme %s',
    async (scheme) => {
      const { token } = await service.given.medic();
      expect(await challengeOf(`${scheme} ${token}`)).toEqual(INSUFFICIENT);
    },
  );

  test('the key of a deactivated medic is unknown as the key of a service account', async () => {
    const { token } = await service.given.medic({ isActive: false });
    expect(await challengeOf(`Bearer ${token}`)).toEqual(INVALID);
  });

  test('the key of a service account is refused from the next request on once it is revoked, with the key before its rotation', async () => {
    const first = await givenService(service);
    const second = await accounts().rotate(first.name, 3600);
    expect([await works(first), await works(second)]).toEqual([true, true]);
    await accounts().revoke(first.name);
    expect(await challengeOf(`Bearer ${first.key}`)).toEqual(INVALID);
    expect(await challengeOf(`Bearer ${second.key}`)).toEqual(INVALID);
  });

  test('the key of a service account is refused once it has expired, whatever else is true', async () => {
    const { id, key } = await givenService(service);
    await service.dataSource.query(
      `UPDATE service_account SET issued_at = now() - interval '1 day', expires_at = now() WHERE id = $1`,
      [id],
    );
    expect(await challengeOf(`Bearer ${key}`)).toEqual(INVALID);
  });

  test('the key of a service account is checked together with its scopes by one statement, by its digest', async () => {
    const { key } = await givenService(service);
    await withHeader(`Bearer ${key}`);
    const parameters: unknown[] = [];
    const stop = listen((_, text, values) => {
      // The sequencer sends statements of its own.
      if (!text.includes('record_')) parameters.push([...values]);
    });
    const headers = { authorization: `Bearer ${key}` };
    const body = new URLSearchParams({ token: 'x' });
    // Otherwise the client would send statements too.
    await service.client.send('POST', '//oauth2/introspect', { body, headers, concurrent: true }).finally(stop);
    expect(parameters).toEqual([[digestOf(key)]]);
  });

  test('the key of a service account is stored as its SHA-256 only', async () => {
    const first = await givenService(service);
    const second = await accounts().rotate(first.name, 60);
    const [row] = await service.dataSource.query<Record<string, unknown>[]>(
      'SELECT * FROM service_account WHERE id = $1',
      [first.id],
    );
    expect(row).toMatchObject({ digest: digestOf(second.key), previous_digest: digestOf(first.key) });
    const rows = await service.client.rows();
    for (const key of [first.key, second.key]) expect(rows).not.toContain(key.slice(4, 20));
  });
});
