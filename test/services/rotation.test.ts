import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { ServiceUsage } from '../../src/auth/service-usage.js';
import { digestOf } from '../../src/auth/token-key.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';

const service = useService();
const accounts = () => service.app.get(ServiceAccounts);

const statusOf = async (key: string) =>
  (
    await service.client.send('POST', '//oauth2/introspect', {
      body: new URLSearchParams({ token: 'x' }),
      headers: { authorization: `Bearer ${key}` },
    })
  ).status;

const statusesOf = (...keys: string[]) => Promise.all(keys.map(statusOf));
const rotate = async ({ name }: ServiceActor, grace: number) => (await accounts().rotate(name, grace)).key;
const change = (set: string, { id }: ServiceActor) =>
  service.dataSource.query(`UPDATE service_account SET ${set} WHERE id = $1`, [id]);

describe('the rotation of a key', () => {
  test('the rotation of a key lets the old key work for the grace, and no longer', async () => {
    const account = await givenService(service);
    const next = await rotate(account, 3600);
    expect(await statusesOf(account.key, next)).toEqual([200, 200]);
    await change('previous_until = now()', account);
    expect(await statusesOf(account.key, next)).toEqual([401, 200]);
  });

  test('the rotation of a key ends the old key at once with a grace of 0', async () => {
    const account = await givenService(service);
    const next = await rotate(account, 0);
    expect(await statusesOf(account.key, next)).toEqual([401, 200]);
  });

  test('the rotation of a key leaves at most two keys, because a further one ends the oldest', async () => {
    const account = await givenService(service);
    const [second, third] = [await rotate(account, 3600), await rotate(account, 3600)];
    expect(await statusesOf(account.key, second, third)).toEqual([401, 200, 200]);
  });

  test('the rotation of a key does not prolong the old key beyond its own expiry', async () => {
    const account = await givenService(service);
    await change("issued_at = now() - interval '1 day', expires_at = now()", account);
    const next = await rotate(account, 3600);
    expect(await statusesOf(account.key, next)).toEqual([401, 200]);
  });
});

describe('the last use of a service account', () => {
  const lastUseOf = async ({ id }: ServiceActor) =>
    (await accounts().list()).find((one) => one.id === id)?.last_used_at;

  test('the last use of a service account is stored periodically, for its requests that were refused for a missing scope too', async () => {
    const [used, refused, unused] = [
      await givenService(service),
      await givenService(service, 'event:read'),
      await givenService(service),
    ];
    expect(await statusesOf(used.key, refused.key)).toEqual([200, 403]);
    expect(await lastUseOf(used)).toBeNull();
    await service.app.get(ServiceUsage).flush();
    expect([await lastUseOf(used), await lastUseOf(refused)]).toEqual([expect.any(String), expect.any(String)]);
    expect(await lastUseOf(unused)).toBeNull();
  });
});

describe('the database itself', () => {
  test.each([
    ['deletes no account', 'DELETE FROM service_account WHERE id = $1'],
    ['renames no account', `UPDATE service_account SET name = 'other' WHERE id = $1`],
    ['changes no id', 'UPDATE service_account SET id = -1 WHERE id = $1'],
    ['undoes no revocation', 'UPDATE service_account SET revoked_at = NULL WHERE id = $1'],
    ['moves no revocation', `UPDATE service_account SET revoked_at = now() + interval '1 day' WHERE id = $1`],
    ['accepts no unknown scope', `UPDATE service_account SET scopes = '{event:write}' WHERE id = $1`],
    ['accepts no wildcard', `UPDATE service_account SET scopes = '{event:read,*}' WHERE id = $1`],
    ['accepts no null as a scope', `UPDATE service_account SET scopes = '{event:read,NULL}' WHERE id = $1`],
    ['accepts no account without a scope', `UPDATE service_account SET scopes = '{}' WHERE id = $1`],
    ['accepts no account without an end', 'UPDATE service_account SET expires_at = NULL WHERE id = $1'],
    ['accepts no infinite term', `UPDATE service_account SET expires_at = 'infinity' WHERE id = $1`],
    [
      'accepts no term of more than two years',
      `UPDATE service_account SET expires_at = issued_at + interval '732 days' WHERE id = $1`,
    ],
    ['accepts no key instead of a digest', `UPDATE service_account SET digest = 'hms_' WHERE id = $1`],
    ['accepts no previous key without an end', `UPDATE service_account SET previous_digest = digest WHERE id = $1`],
  ])('the database itself %s', async (_, sql) => {
    const { id, name } = await givenService(service);
    await accounts().revoke(name);
    const before = await service.client.rows();
    await expect(service.dataSource.query(sql, [id])).rejects.toThrow();
    expect(await service.client.rows()).toBe(before);
  });

  test.each(['', 'A', 'a_b', 'ñ', 'x'.repeat(65), 'a\n', '\na'])(
    'the database itself accepts no account with the name %j',
    async (name) => {
      const before = await service.client.rows();
      const values = [name, digestOf(name)];
      await expect(
        service.dataSource.query(
          `INSERT INTO service_account (name, scopes, digest, expires_at)
         VALUES ($1, '{event:read}', $2, now() + interval '1 day')`,
          values,
        ),
      ).rejects.toThrow(/service_account_name_format/);
      expect(await service.client.rows()).toBe(before);
    },
  );
});
