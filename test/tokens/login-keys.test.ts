import { hashPassword } from '../../src/auth/password.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import { TokenUsage } from '../../src/auth/token-usage.js';
import { OPERATOR } from '../../src/database/actor.js';
import type { Actor } from '../support/actor.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';

const service = useService();
const PASSWORD = 'correct horse battery staple';

const givenAccount = async () => service.given.medic({ passwordHash: await hashPassword(PASSWORD) });
const login = ({ email }: Actor) => service.client.post('/token-auth/', { email, password: PASSWORD });
const keyOf = (response: { json: unknown }) => (response.json as { token: string }).token;
const statusOf = async (token: string) => (await service.client.get('/locations/', { token })).status;

/** Issues operator's keys until the medic has 20 live keys. */
async function fill(medic: Actor, present = 1): Promise<void> {
  for (let live = present; live < 20; live += 1) await service.given.token(medic.id);
}

describe('a login of a medic with 20 live keys', () => {
  test('at 20 live keys a login replaces the oldest login key and no other', async () => {
    const medic = await givenAccount();
    const [first, second] = [keyOf((await login(medic)).isOk()), keyOf((await login(medic)).isOk())];
    await fill(medic, 3);
    const third = keyOf((await login(medic)).isOk());
    expect(await Promise.all([medic.token, first, second, third].map(statusOf))).toEqual([200, 401, 200, 200]);
    const fourth = keyOf((await login(medic)).isOk());
    expect(await Promise.all([second, third, fourth].map(statusOf))).toEqual([401, 200, 200]);
  });

  test('at 20 live keys a rotated login key still counts as a login key', async () => {
    const medic = await givenAccount();
    const old = keyOf((await login(medic)).isOk());
    const rotated = keyOf((await service.client.post('/token-auth/rotate/?grace=0', undefined, { token: old })).isOk());
    await fill(medic, 2);
    (await login(medic)).isOk();
    expect(await statusOf(rotated)).toBe(401);
  });

  test('at 20 live keys without a login key a login is a 409, whatever their labels', async () => {
    const medic = await givenAccount();
    const tokens = new TokensService(service.dataSource);
    for (let live = 1; live < 20; live += 1)
      await tokens.issueFurther(OPERATOR, medic.id, { label: 'login', expiresAt: '2099-01-01T00:00:00Z' });
    (await login(medic)).isConflict(/20 live tokens/);
  });

  (isServer ? test : test.skip)('concurrent logins never leave more than 20 live keys', async () => {
    const medic = await givenAccount();
    await fill(medic, 1);
    await service.dataSource.query(`UPDATE api_token SET is_login = true WHERE medic_id = $1 AND label = 'test'`, [
      medic.id,
    ]);
    const send = () =>
      service.client.post('/token-auth/', { email: medic.email, password: PASSWORD }, { concurrent: true });
    for (const response of await Promise.all(Array.from({ length: 8 }, send))) response.isOk();
    const [row] = await service.dataSource.query<{ live: number }[]>(
      'SELECT count(*)::integer AS live FROM api_token WHERE medic_id = $1 AND revoked_at IS NULL',
      [medic.id],
    );
    expect(row?.live).toBe(20);
  });
});

test('a login key expires by the clock of the database, to the microsecond', async () => {
  const medic = await givenAccount();
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.parse('2001-01-01T00:00:00Z'));
  (await login(medic)).isOk();
  now.mockRestore();
  const [row] = await service.dataSource.query<{ isExact: boolean }[]>(
    `SELECT expires_at = created_at + interval '12 hours' AS "isExact" FROM api_token WHERE medic_id = $1 AND is_login`,
    [medic.id],
  );
  expect(row?.isExact).toBe(true);
});

describe('DELETE /token-auth/?all=', () => {
  test('DELETE /token-auth/?all=true revokes every other key of the medic and no key of anybody else', async () => {
    const [medic, other] = [await givenAccount(), await service.given.medic()];
    const keys = [await service.given.token(medic.id), keyOf((await login(medic)).isOk())];
    (await medic.delete('/token-auth/?all=true')).is(204);
    expect(await Promise.all([medic.token, other.token, ...keys].map(statusOf))).toEqual([200, 200, 401, 401]);
    (await medic.delete('/token-auth/?all=1')).is(204);
  });

  test('DELETE /token-auth/?all=false revokes only the key of the request', async () => {
    const medic = await service.given.medic();
    const other = await service.given.token(medic.id);
    (await medic.delete('/token-auth/?all=false')).is(204);
    expect(await Promise.all([medic.token, other].map(statusOf))).toEqual([401, 200]);
  });

  test('DELETE /token-auth/?all= with any other value is a 400 and revokes nothing', async () => {
    const medic = await service.given.medic();
    (await medic.delete('/token-auth/?all=yes')).isInvalid('all');
    expect(await statusOf(medic.token)).toBe(200);
  });
});

test('rotating a key that expires within the grace time does not prolong it', async () => {
  const medic = await service.given.medic();
  const end = new Date(Date.now() + 30_000);
  const token = await service.given.token(medic.id, end);
  (await service.client.post('/token-auth/rotate/?grace=86400', undefined, { token })).isOk();
  const rows = await service.dataSource.query<{ expires_at: string }[]>(
    'SELECT expires_at FROM api_token WHERE medic_id = $1 AND expires_at IS NOT NULL',
    [medic.id],
  );
  expect(rows.map(({ expires_at }) => new Date(expires_at))).toEqual([end, end]);
});

test('a login with an unknown email costs as much processor time as one with a wrong password', async () => {
  const medic = await givenAccount();
  const costOf = async (email: string) => {
    const before = process.cpuUsage();
    for (let tries = 0; tries < 5; tries += 1)
      (await service.client.post('/token-auth/', { email, password: 'wrong' }, { concurrent: true })).is(400);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  await costOf(medic.email);
  const [known, unknown] = [await costOf(medic.email), await costOf('nobody@example.org')];
  expect(unknown).toBeGreaterThan(known / 2);
});

(isServer ? test : test.skip)(
  'the last use of a key is stored even if another process holds a lock on the row of another key',
  async () => {
    const [held, free] = [await service.given.medic(), await service.given.medic()];
    for (const medic of [held, free]) (await medic.get('/locations/')).isOk();
    const other = await service.database.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM api_token WHERE medic_id = $1 FOR UPDATE', [held.id]);
    await service.app.get(TokenUsage).flush();
    const used = await service.dataSource.query<{ medic_id: number }[]>(
      'SELECT medic_id FROM api_token WHERE last_used_at IS NOT NULL AND medic_id IN ($1, $2)',
      [held.id, free.id],
    );
    await other.query('ROLLBACK');
    await other.end();
    expect(used).toEqual([{ medic_id: free.id }]);
  },
);
