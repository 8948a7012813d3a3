import { hashPassword } from '../../src/auth/password.js';
import { useService } from '../support/service.js';

const service = useService();
const PASSWORD = 'correct horse battery staple';

const givenAccount = async (columns: object = {}) =>
  service.given.medic({ passwordHash: await hashPassword(PASSWORD), ...columns });
const login = (email: string, password: string) => service.client.post('/token-auth/', { email, password });
const keyOf = (response: { json: unknown }) => (response.json as { token: string }).token;
const tryKey = (token: string) => service.client.get('/locations/', { token });

const rotate = (token: string, query = '') => service.client.post(`/token-auth/rotate/${query}`, undefined, { token });

describe('POST /token-auth/', () => {
  test('the right password returns a new key that works, whatever the case of the email', async () => {
    const medic = await givenAccount({ email: 'Login.Case@example.org', emailKey: 'login.case@example.org' });
    const response = (await login('login.CASE@example.org', PASSWORD)).isOk();
    (await tryKey(keyOf(response))).isOk();
    expect(keyOf(response)).not.toBe(medic.token);
  });

  test('a login key has the label login and expires after LOGIN_TOKEN_TTL, 12 hours by default', async () => {
    const medic = await givenAccount();
    (await login(medic.email, PASSWORD)).isOk();
    const [row] = await service.dataSource.query<{ hours: number }[]>(
      `SELECT extract(epoch FROM expires_at - created_at)::float / 3600 AS hours FROM api_token
       WHERE medic_id = $1 AND label = 'login'`,
      [medic.id],
    );
    expect(row?.hours).toBeCloseTo(12, 2);
  });

  test('a login accepts a form as well as JSON', async () => {
    const medic = await givenAccount();
    const body = new URLSearchParams({ email: medic.email, password: PASSWORD });
    (await service.client.post('/token-auth/', body)).isOk();
  });

  test('a wrong password, an unknown email, an account without a password and a deactivated medic get the same 400', async () => {
    const [medic, inactive, keyOnly] = [
      await givenAccount(),
      await givenAccount({ isActive: false }),
      await service.given.medic(),
    ];
    const responses = [
      await login(medic.email, 'wrong password'),
      await login('nobody@example.org', PASSWORD),
      await login(keyOnly.email, PASSWORD),
      await login(inactive.email, PASSWORD),
    ];
    for (const response of responses) {
      const sentence = 'Unable to log in with provided credentials.';
      response.is(400, { message: sentence, errors: { non_field_errors: [sentence] } });
      expect(response.text).toBe(responses[0]?.text);
    }
  });

  test('no password opens an account without one', async () => {
    const { email } = await service.given.medic();
    for (const password of ['there is no password', 'null', 'undefined', 'null null']) {
      (await login(email, password)).isInvalid('non_field_errors');
    }
  });

  test('a login requires email and password', async () => {
    (await service.client.post('/token-auth/', {})).isInvalid('email', 'password');
  });
});

describe('POST /token-auth/rotate/', () => {
  test('a rotation returns a new key, and the old one works for the grace time', async () => {
    const medic = await service.given.medic();
    const response = (await rotate(medic.token)).isOk();
    (await tryKey(keyOf(response))).isOk();
    (await tryKey(medic.token)).isOk();
  });

  test('after a rotation without grace time the old key is refused from the next request on', async () => {
    const medic = await service.given.medic();
    const response = (await rotate(medic.token, '?grace=0')).isOk();
    (await tryKey(medic.token)).isRefused('Invalid Token');
    (await tryKey(keyOf(response))).isOk();
  });

  test('rotating a rotated key again does not prolong its grace time', async () => {
    const medic = await service.given.medic();
    (await rotate(medic.token, '?grace=60')).isOk();
    const again = (await rotate(medic.token, '?grace=60')).isOk();
    const rows = await service.dataSource.query<{ left: number }[]>(
      `SELECT extract(epoch FROM expires_at - now())::float AS left FROM api_token
       WHERE medic_id = $1 ORDER BY id DESC LIMIT 1`,
      [medic.id],
    );
    expect(rows[0]?.left).toBeLessThanOrEqual(60);
    (await tryKey(keyOf(again))).isOk();
  });

  test.each(['-1', '86401', 'x', '1.5'])('a rotation with grace=%s is a 400', async (grace) => {
    const medic = await service.given.medic();
    (await rotate(medic.token, `?grace=${grace}`)).isInvalid('grace');
  });

  test('a rotation with a field in its body is a 400 that names it, because the grace time is a parameter', async () => {
    const { token } = await service.given.medic();
    (await service.client.post('/token-auth/rotate/', { grace: 0 }, { token })).isInvalid('grace');
    (await tryKey(token)).isOk();
  });

  test('a rotation needs a valid key', async () => {
    (await service.client.post('/token-auth/rotate/')).isRefused('Invalid Token');
  });
});

describe('DELETE /token-auth/', () => {
  test('DELETE /token-auth/ revokes the key of the request and no other', async () => {
    const medic = await service.given.medic();
    const other = await service.given.token(medic.id);
    (await medic.delete('/token-auth/')).is(204);
    (await tryKey(medic.token)).isRefused('Invalid Token');
    (await tryKey(other)).isOk();
  });
});

describe('at most 20 live tokens a medic', () => {
  test('a rotation with grace never leaves 21 live tokens: the 20th token rotates only without grace', async () => {
    const medic = await givenAccount();
    for (let live = 1; live < 19; live += 1) await service.given.token(medic.id);
    const token = keyOf((await rotate(medic.token, '?grace=60')).isOk());
    (await rotate(token, '?grace=1')).isConflict(/20 live tokens/);
    (await rotate(token)).isConflict(/20 live tokens/);
    (await login(medic.email, PASSWORD)).isConflict(/20 live tokens/);
    (await rotate(token, '?grace=0')).isOk();
  });

  test('the 21st live token is a 409; expired and revoked tokens do not count, and a rotation replaces its own', async () => {
    const medic = await givenAccount();
    await service.given.token(medic.id, new Date(Date.now() - 1000));
    for (let live = 1; live < 20; live += 1) await service.given.token(medic.id);
    (await login(medic.email, PASSWORD)).isConflict(/20 live tokens/);
    const rotated = (
      await service.client.post('/token-auth/rotate/?grace=0', undefined, { token: medic.token })
    ).isOk();
    (await login(medic.email, PASSWORD)).isConflict(/20 live tokens/);
    (await service.client.delete('/token-auth/', { token: keyOf(rotated) })).is(204);
    (await login(medic.email, PASSWORD)).isOk();
  });
});
