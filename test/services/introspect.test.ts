import { OPERATOR } from '../../src/database/actor.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import { TokenUsage } from '../../src/auth/token-usage.js';
import { generateKey } from '../../src/auth/token-key.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';

const service = useService();
let asker: ServiceActor;
beforeAll(async () => {
  asker = await givenService(service, 'token:introspect');
});

const INACTIVE = { active: false };
const form = (text: string) => ({ body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
const ask = (options: object) => asker.send('POST', '/oauth2/introspect', options);

/** @returns the issue and the expiry of the medic's latest key, in whole seconds */
async function timesOf(medicId: number): Promise<{ iat: number; exp: number | null }> {
  const list = await service.app.get(TokensService).list(medicId);
  const { created_at = '', expires_at = null } = list.at(-1) ?? {};
  const seconds = (instant: string) => Math.floor(Date.parse(instant) / 1000);
  return { iat: seconds(created_at), exp: expires_at === null ? null : seconds(expires_at) };
}

describe('introspection', () => {
  test("introspection says whose a medic's key is, and since when", async () => {
    const { id, token } = await service.given.medic();
    const { iat } = await timesOf(id);
    const answer = (await asker.introspect(token)).is(200);
    expect(answer.json).toEqual({ active: true, sub: String(id), token_type: 'Token', iat });
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('introspection says until when a key works that expires', async () => {
    const { id } = await service.given.medic();
    const token = await service.given.token(id, new Date(Date.now() + 3_600_999));
    const { iat, exp } = await timesOf(id);
    expect((await asker.introspect(token)).json).toEqual({
      active: true,
      sub: String(id),
      token_type: 'Token',
      iat,
      exp,
    });
  });

  test('introspection says of anything else only that it is not active', async () => {
    const medic = await service.given.medic();
    const expired = await service.given.token(medic.id, new Date(Date.now() - 1000));
    const revoked = await service.given.medic();
    await service.app.get(TokensService).revoke(OPERATOR, revoked.id, undefined);
    const inactive = await service.given.medic({ isActive: false });
    const others = [generateKey(), `${medic.token}0`, medic.token.toUpperCase(), ` ${medic.token}`, 'x', 'ñ', '\u0000'];
    const service2 = await givenService(service);
    for (const token of [expired, revoked.token, inactive.token, service2.key, asker.key, ...others])
      expect([token, (await asker.introspect(token)).is(200).json]).toEqual([token, INACTIVE]);
  });

  test('introspection knows of a revocation from the next request on', async () => {
    const medic = await service.given.medic();
    expect((await asker.introspect(medic.token)).json).toMatchObject({ active: true });
    (await medic.delete('/token-auth/')).is(204);
    expect((await asker.introspect(medic.token)).json).toEqual(INACTIVE);
  });

  test('introspection does not count as use of the key', async () => {
    const { id, token } = await service.given.medic();
    (await asker.introspect(token)).is(200);
    await service.app.get(TokenUsage).flush();
    expect((await service.app.get(TokensService).list(id)).map(({ last_used_at }) => last_used_at)).toEqual([null]);
  });

  test('introspection ignores other parameters', async () => {
    const { id, token } = await service.given.medic();
    const reserved = { constructor: 'x', ['__proto__']: 'x' };
    const body = new URLSearchParams({ token, token_type_hint: 'access_token', client_id: 'x', ...reserved });
    expect((await ask({ body })).json).toMatchObject({ active: true, sub: String(id) });
    expect((await asker.send('POST', '/oauth2/introspect/', { body })).json).toMatchObject({ active: true });
  });

  test.each(['', 'token=', 'tokens=x', 'token=x&token=y', 'token_type_hint=x'])(
    'introspection refuses the form %j, because it lacks the token or repeats it',
    async (text) => {
      expect((await ask(form(text))).is(400).json).toEqual({
        error: 'invalid_request',
        error_description: 'The parameter token is required, exactly once.',
      });
    },
  );

  test('introspection reads the token from the body only', async () => {
    const { token } = await service.given.medic();
    expect((await asker.send('POST', `/oauth2/introspect?token=${token}`)).is(400).json).toMatchObject({
      error: 'invalid_request',
    });
  });

  test('introspection refuses JSON, other media types, compressed and large bodies with errors of RFC 6749', async () => {
    const { token } = await service.given.medic();
    const refusals = [
      [415, { body: { token } }],
      [415, { body: token, headers: { 'content-type': 'text/plain' } }],
      [415, { body: `token=${token}`, headers: { ...form('').headers, 'content-encoding': 'gzip' } }],
      [413, form(`token=${'x'.repeat(1_048_577)}`)],
    ] as const;
    for (const [status, options] of refusals)
      expect((await ask(options)).is(status).json).toEqual({
        error: 'invalid_request',
        error_description: expect.any(String) as string,
      });
  });

  test('introspection responds to other methods with 405, and to OPTIONS with its methods', async () => {
    const refused = (await asker.get('/oauth2/introspect')).is(405);
    expect([refused.headers.get('allow'), refused.json]).toEqual([
      'OPTIONS, POST',
      { error: 'invalid_request', error_description: 'Method GET is not allowed; use one of OPTIONS, POST.' },
    ]);
    expect((await asker.send('OPTIONS', '/oauth2/introspect')).is(204).headers.get('allow')).toBe('OPTIONS, POST');
  });

  test('introspection refuses callers with errors of RFC 6750', async () => {
    const { token } = await service.given.medic();
    const refusalOf = async (headers: Record<string, string>) => {
      const body = new URLSearchParams({ token: 'x' });
      const answer = await service.client.send('POST', '//oauth2/introspect', { body, headers });
      return [answer.status, (answer.json as { error: string }).error];
    };
    expect(await refusalOf({})).toEqual([401, 'invalid_client']);
    expect(await refusalOf({ authorization: 'Bearer x' })).toEqual([401, 'invalid_token']);
    expect(await refusalOf({ authorization: `Bearer ${token}` })).toEqual([403, 'insufficient_scope']);
  });

  test('introspection never logs the key that it is asked about, or the key that asks', async () => {
    const { token } = await service.given.medic();
    (await asker.introspect(token)).is(200);
    const line = service.log.filter((text) => text.includes('/oauth2/introspect')).at(-1) ?? '';
    expect(JSON.parse(line)).toMatchObject({ service: asker.id, status: 200 });
    expect(service.log.join('')).not.toMatch(/hm[ks]_/);
  });
});
