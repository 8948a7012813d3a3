import { MembershipType, type Membership } from '../../src/memberships/membership.entity.js';
import { ENDED, fromNow, UPCOMING, WITHIN } from '../support/limits.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answersTo, answerTo, evaluate, lastPosition, question, type Context } from './decisions.js';

const service = useService();
let asker: ServiceActor;
beforeAll(async () => {
  asker = await givenService(service, 'decision:check');
});

const { ADMIN, MEMBER } = MembershipType;

/** Each standing of a medic at a hospital, with the answers to `prescribe` and `administer`. */
const STANDINGS: readonly [
  name: string,
  membership: Partial<Membership> | null,
  isAccountActive: boolean,
  isHospitalActive: boolean,
  prescribe: string,
  administer: string,
][] = [
  ['a MEMBER', { type: MEMBER }, true, true, 'member', 'not_an_admin'],
  ['an ADMIN', { type: ADMIN }, true, true, 'admin', 'admin'],
  ['a MEMBER of an inactive hospital', { type: MEMBER }, true, false, 'hospital_inactive', 'not_an_admin'],
  ['an ADMIN of an inactive hospital', { type: ADMIN }, true, false, 'hospital_inactive', 'admin'],
  ['a MEMBER with a closed account', { type: MEMBER }, false, true, 'account_inactive', 'account_inactive'],
  ['an ADMIN with a closed account', { type: ADMIN }, false, false, 'account_inactive', 'account_inactive'],
  ['a removed MEMBER', { type: MEMBER, isDeleted: true }, true, true, 'not_a_member', 'not_a_member'],
  ['a removed ADMIN', { type: ADMIN, isDeleted: true }, true, true, 'not_a_member', 'not_a_member'],
  [
    'a removed ADMIN with a closed account',
    { type: ADMIN, isDeleted: true },
    false,
    false,
    'not_a_member',
    'not_a_member',
  ],
  ['a limited MEMBER in force', { type: MEMBER, ...WITHIN }, true, true, 'member', 'not_an_admin'],
  ['a limited ADMIN in force', { type: ADMIN, ...WITHIN }, true, true, 'admin', 'admin'],
  ['a MEMBER that has ended', { type: MEMBER, ...ENDED }, true, true, 'not_a_member', 'not_a_member'],
  ['an ADMIN that has ended', { type: ADMIN, ...ENDED }, true, true, 'not_a_member', 'not_a_member'],
  ['a MEMBER that has not started', { type: MEMBER, ...UPCOMING }, true, true, 'not_a_member', 'not_a_member'],
  ['an ADMIN that has not started', { type: ADMIN, ...UPCOMING }, true, true, 'not_a_member', 'not_a_member'],
  ['a stranger', null, true, true, 'not_a_member', 'not_a_member'],
  ['a stranger with a closed account', null, false, true, 'not_a_member', 'not_a_member'],
  ['a stranger to an inactive hospital', null, true, false, 'not_a_member', 'not_a_member'],
];

describe.each(STANDINGS)('%s', (_, columns, isAccountActive, isHospitalActive, prescribe, administer) => {
  test.each([
    ['prescribe', prescribe],
    ['administer', administer],
    ['delete', 'unknown_action'],
  ])('asked to %s gets the reason %s, alone and in a batch, now and about the past', async (action, reason) => {
    const medic = await service.given.medic({ isActive: isAccountActive });
    const hospital = await service.given.emptyHospital({ isActive: isHospitalActive });
    const membership = columns === null ? 0 : await service.given.membership(medic, hospital, columns);
    const [{ entry } = { entry: '' }] = await service.dataSource.query<{ entry: string }[]>(
      'SELECT entry_id AS entry FROM membership WHERE id = $1',
      [membership],
    );
    const hasEvidence = !['not_a_member', 'unknown_action'].includes(reason);
    const asked: Context[] = [
      {},
      { as_of: await fromNow(service.dataSource) },
      { position: await lastPosition(service.dataSource) },
    ];
    const expected = asked.map((context) => ({
      decision: ['member', 'admin'].includes(reason),
      context: {
        reason,
        ...(hasEvidence ? { membership, entry } : {}),
        evaluated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
        ...context,
      },
    }));
    const questions = asked.map((context) => question(medic.id, hospital, action, context));
    const answers = [];
    for (const each of questions) answers.push(await answerTo(asker, each));
    expect(answers).toEqual(expected);
    expect(await answersTo(asker, { evaluations: questions })).toEqual(expected);
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
