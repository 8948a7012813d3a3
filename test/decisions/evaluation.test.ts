import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answerTo, evaluate, question } from './decisions.js';

const service = useService();
let asker: ServiceActor;
beforeAll(async () => {
  asker = await givenService(service, 'decision:check');
});

const { ADMIN, MEMBER } = MembershipType;

/** Each standing of a medic at a hospital, with the answers to `prescribe` and `administer`. */
const STANDINGS: readonly [
  name: string,
  type: MembershipType | null,
  isDeleted: boolean,
  isAccountActive: boolean,
  isHospitalActive: boolean,
  prescribe: string,
  administer: string,
][] = [
  ['a MEMBER', MEMBER, false, true, true, 'member', 'not_an_admin'],
  ['an ADMIN', ADMIN, false, true, true, 'admin', 'admin'],
  ['a MEMBER of an inactive hospital', MEMBER, false, true, false, 'hospital_inactive', 'not_an_admin'],
  ['an ADMIN of an inactive hospital', ADMIN, false, true, false, 'hospital_inactive', 'admin'],
  ['a MEMBER with a closed account', MEMBER, false, false, true, 'account_inactive', 'account_inactive'],
  ['an ADMIN with a closed account', ADMIN, false, false, false, 'account_inactive', 'account_inactive'],
  ['a removed MEMBER', MEMBER, true, true, true, 'not_a_member', 'not_a_member'],
  ['a removed ADMIN', ADMIN, true, true, true, 'not_a_member', 'not_a_member'],
  ['a removed ADMIN with a closed account', ADMIN, true, false, false, 'not_a_member', 'not_a_member'],
  ['a stranger', null, false, true, true, 'not_a_member', 'not_a_member'],
  ['a stranger with a closed account', null, false, false, true, 'not_a_member', 'not_a_member'],
  ['a stranger to an inactive hospital', null, false, true, false, 'not_a_member', 'not_a_member'],
];

describe.each(STANDINGS)('%s', (_, type, isDeleted, isAccountActive, isHospitalActive, prescribe, administer) => {
  test.each([
    ['prescribe', prescribe],
    ['administer', administer],
    ['delete', 'unknown_action'],
  ])('asked to %s gets the reason %s', async (action, reason) => {
    const medic = await service.given.medic({ isActive: isAccountActive });
    const hospital = await service.given.emptyHospital({ isActive: isHospitalActive });
    const membership = type === null ? 0 : await service.given.membership(medic, hospital, { type, isDeleted });
    const [{ entry } = { entry: '' }] = await service.dataSource.query<{ entry: string }[]>(
      'SELECT entry_id AS entry FROM membership WHERE id = $1',
      [membership],
    );
    const hasEvidence = !['not_a_member', 'unknown_action'].includes(reason);
    expect(await answerTo(asker, question(medic.id, hospital, action))).toEqual({
      decision: ['member', 'admin'].includes(reason),
      context: {
        reason,
        ...(hasEvidence ? { membership, entry } : {}),
        evaluated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      },
    });
  });
});

test('unknown members, properties and other members of the context have no effect', async () => {
  const { member, hospital } = await service.given.hospital();
  const body = {
    subject: { type: 'medic', id: String(member.id), properties: { role: 'ADMIN', is_active: true }, x: [1] },
    action: { name: 'administer', properties: { method: 'GET' } },
    resource: { type: 'hospital', id: String(hospital), properties: { owner: String(member.id) }, type2: {} },
    context: { time: '1985-10-26T01:22-07:00', ip: '192.0.2.1', constructor: 1 },
    foo: 'bar',
    constructor: { nested: true },
    evaluations: 'x',
  };
  expect(await answerTo(asker, body)).toMatchObject({ decision: false, context: { reason: 'not_an_admin' } });
});

test('a check reveals neither accounts nor hospitals that the subject does not belong to', async () => {
  const { hospital } = await service.given.hospital();
  const closed = await service.given.medic({ isActive: false });
  const inactive = await service.given.emptyHospital({ isActive: false });
  const strangers = [
    [closed.id, hospital],
    [closed.id, inactive],
    [2_000_000_000, hospital],
    [closed.id, 2_000_000_000],
  ] as const;
  for (const [medic, at] of strangers)
    expect(await answerTo(asker, question(medic, at))).toEqual({
      decision: false,
      context: { reason: 'not_a_member', evaluated_at: expect.any(String) as string },
    });
});

test('the headers are those of the other routes for services', async () => {
  const { admin, hospital } = await service.given.hospital();
  const answer = (await evaluate(asker, question(admin.id, hospital), { 'x-request-id': 'rx-1.A_b' })).is(200);
  expect(answer.headers.get('x-request-id')).toBe('rx-1.A_b');
  expect(answer.headers.get('cache-control')).toBe('private, no-store');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  const other = (await evaluate(asker, question(admin.id, hospital))).is(200);
  expect(other.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
  (await asker.send('POST', '/access/v1/evaluation/', { body: question(admin.id, hospital) })).is(200);
});

// The embedded database has a key of its own.
(isServer ? test : test.skip)('a receipt without a signing key is a 501, and no decision', async () => {
  const { admin, hospital } = await service.given.hospital();
  const refused = (await evaluate(asker, question(admin.id, hospital, 'prescribe', { receipt: true }))).is(501);
  expect(refused.json).toMatchObject({ detail: expect.stringContaining('SIGNING_KEY_FILE') as string });
  expect(refused.text).not.toContain('decision');
  await answerTo(asker, question(admin.id, hospital, 'prescribe', { receipt: false }));
});

describe('the key', () => {
  test('a key that is revoked or expired, or lost its scope, decides nothing from the next request on', async () => {
    const { admin, hospital } = await service.given.hospital();
    const ended = {
      'revoked_at = now()': 401,
      "expires_at = now(), issued_at = now() - interval '1 day'": 401,
      "scopes = '{event:read}'": 403,
    };
    for (const [change, status] of Object.entries(ended)) {
      const other = await givenService(service, 'decision:check');
      (await evaluate(other, question(admin.id, hospital))).is(200);
      await service.dataSource.query(`UPDATE service_account SET ${change} WHERE id = $1`, [other.id]);
      const refused = (await evaluate(other, question(admin.id, hospital))).is(status);
      expect(refused.text).not.toContain('decision"');
    }
  });

  test('the key of a medic, even of an ADMIN, is a 403', async () => {
    const { admin, hospital } = await service.given.hospital();
    const headers = { authorization: `Bearer ${admin.token}` };
    (await evaluate(asker, question(admin.id, hospital), headers)).is(403);
  });

  test('the key is checked before the members of the body', async () => {
    (await evaluate(asker, {}, { authorization: 'Bearer x' })).is(401);
    const searcher = await givenService(service, 'decision:search');
    (await evaluate(searcher, {})).is(403);
  });
});

test('neither the keys nor the question are logged', async () => {
  const { admin, hospital } = await service.given.hospital();
  await answerTo(asker, { ...question(admin.id, hospital), context: { secret: 'top-secret-note' } });
  expect(service.log.join('')).not.toMatch(/hm[ks]_|top-secret-note/);
});
