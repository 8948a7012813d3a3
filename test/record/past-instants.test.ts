import { readInstant } from '../../src/http/input/instants.js';
import { answerTo, question } from '../decisions/decisions.js';
import { resourcesOf, searchesBy, subjectsAt } from '../decisions/search.js';
import { valueOf } from '../support/hand.js';
import { instant } from '../support/instant.js';
import { hospitalPath as pathOf, pastOf } from '../support/past.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const service = useService();
const { lastChange, list, now } = pastOf(service);

test.each([
  ['2026-11-28T01:12:12Z', '2026-11-28T01:12:12.000000Z'],
  ['2026-11-28T01:12:12.017392Z', '2026-11-28T01:12:12.017392Z'],
  ['2026-11-28t01:12:12.5z', '2026-11-28T01:12:12.500000Z'],
  ['2026-11-28T01:12:12+01:30', '2026-11-27T23:42:12.000000Z'],
  ['2026-11-28T01:12:12-00:00', '2026-11-28T01:12:12.000000Z'],
  ['2026-12-31T23:59:59.999999-23:59', '2027-01-01T23:58:59.999999Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
  ['2023-02-29T00:00:00Z', undefined],
  ['2026-11-28T24:00:00Z', undefined],
  ['2026-11-28T23:59:60Z', undefined],
  ['2026-11-28T23:60:00Z', undefined],
  ['2026-11-28T01:12:12+24:00', undefined],
  ['2026-11-28T01:12:12+01', undefined],
  ['0001-01-01T00:00:00+01:00', undefined],
  ['9999-12-31T23:59:59-01:00', undefined],
  [' 2026-11-28T01:12:12Z', undefined],
  ['2026-11-28T01:12:12Z\n', undefined],
])('the text %j is the instant %j', (text, expected) => {
  expect(readInstant(text)).toBe(expected);
});

describe('the instant of GET /memberships/{hospital}', () => {
  test('a new service answers from its first instant on', async () => {
    const began = await valueOf<string | null>(
      service.dataSource,
      `SELECT ${instant('began')} AS value FROM record_head`,
    );
    const { admin, hospital } = await service.given.hospital();
    expect(await list(admin, hospital, { at: began })).toEqual([]);
  });

  test('HEAD responds like GET, without a body', async () => {
    const { admin, hospital } = await service.given.hospital();
    const answer = (await admin.send('HEAD', `${pathOf(hospital)}?at=${await now()}`)).isOk();
    expect(answer.text).toBe('');
    (await admin.send('HEAD', `${pathOf(hospital)}?at=x`)).is(400);
  });

  test('an instant in the future is rejected', async () => {
    const { admin, hospital } = await service.given.hospital();
    for (const at of [new Date(Date.now() + 60_000).toISOString(), '9999-12-31T23:59:59.999999Z'])
      (await admin.get(`${pathOf(hospital)}?at=${at}`))
        .isInvalid('at')
        .is(400, { errors: { at: ['Must not be in the future.'] } });
  });

  test('an instant before the record began is rejected with the instant at which it began', async () => {
    const { admin, hospital } = await service.given.hospital();
    const sql = `UPDATE record_head SET began = $1::timestamptz RETURNING ${instant('began')} AS value`;
    const [[{ value: began }]] = await service.dataSource.query<[[{ value: string }]]>(sql, [
      '2026-01-31T12:00:00.000005Z',
    ]);
    for (const at of ['2026-01-31T12:00:00.000004Z', '0001-01-01T00:00:00Z']) {
      const answer = (await admin.get(`${pathOf(hospital)}?at=${at}`)).isInvalid('at');
      expect(answer.text).toContain(`The record began at ${began}; ask for that instant or a later one.`);
    }
    expect(await list(admin, hospital, { at: began })).toEqual([]);
  });

  test.each([
    'yesterday',
    '2026-11-28',
    '2026-11-28T01:12:12',
    '2026-11-28 01:12:12Z',
    '2026-11-28T01:12:12.Z',
    '2026-11-28T01:12:12.1234567Z',
    '2026-02-30T00:00:00Z',
    '2026-11-28T24:00:00Z',
    '2026-11-28T01:12:12%2B0100',
    '20261128T011212Z',
    '1764292332',
    'infinity',
    'now',
    '0000-01-01T00:00:00Z',
    '%00',
    `2026-11-28T01:12:12Z&at=2026-11-28T01:12:12Z`,
  ])('the instant %s is rejected', async (at) => {
    const { admin, hospital } = await service.given.hospital();
    for (const slice of ['', '&limit=1']) (await admin.get(`${pathOf(hospital)}?at=${at}${slice}`)).isInvalid('at');
  });

  test('an unescaped + before the offset is rejected with a sentence that says so', async () => {
    const { admin, hospital } = await service.given.hospital();
    const answer = (await admin.get(`${pathOf(hospital)}?at=2026-11-28T01:12:12+01:00`)).isInvalid('at');
    expect(answer.text).toContain('Write the + before the offset as %2B');
  });

  test('an empty instant counts as none', async () => {
    const { admin, hospital } = await service.given.hospital();
    expect(await list(admin, hospital, { at: '' })).toEqual(await list(admin, hospital, {}));
  });

  test('a membership whose id belonged to a deleted row of another hospital is in the list of the right hospital', async () => {
    const [one, other] = [await service.given.hospital(), await service.given.hospital()];
    const before = await list(one.admin, one.hospital, {});
    const at = await now();
    await valueOf(service.dataSource, 'SELECT pg_sleep(0.005)::text AS value');
    await service.dataSource.query('DELETE FROM membership WHERE id = $1', [one.membership]);
    await service.given.membership(one.outsider, other.hospital, { id: one.membership });
    expect(await list(other.admin, other.hospital, { at })).toHaveLength(2);
    expect(await list(other.admin, other.hospital, { at: await now() })).toHaveLength(3);
    const ids = (await list(one.admin, one.hospital, { at })).map(({ id }) => id);
    expect(ids.sort()).toEqual(before.map(({ id }) => id).sort());
  });

  test('is not a parameter of the own list', async () => {
    const { member } = await service.given.hospital();
    (await member.get('/management/memberships/?at=x')).isOk({ count: 1 });
  });
});

test('the memberships, decisions and searches of an instant at least 15 s ago never change, however late a change is committed', async () => {
  const { admin, hospital, member, membership } = await service.given.hospital();
  const asker = await givenService(service);
  const { all } = searchesBy(() => asker);
  await lastChange(admin, hospital);
  const ago = (interval: string) =>
    valueOf<string>(service.dataSource, `SELECT ${instant(`(clock_timestamp() - interval '${interval}')`)} AS value`);
  const hourAgo = await ago('1 hour');
  await service.dataSource.query('UPDATE record_head SET began = $1', [await ago('2 hours')]);
  await service.dataSource.query('UPDATE record_entry SET at = $1', [hourAgo]);
  const [early, late] = [await ago('30 minutes'), await ago('16 seconds')];
  const seenAt = async (at: string) => {
    const { decision, context } = await answerTo(asker, question(member.id, hospital, 'prescribe', { as_of: at }));
    const { evaluated_at: _, ...evidence } = context;
    return {
      memberships: await list(admin, hospital, { at }),
      decision: { decision, ...evidence },
      subjects: await all('subject', subjectsAt(hospital, 'prescribe', { context: { as_of: at } })),
      resources: await all('resource', resourcesOf(member.id, 'prescribe', { context: { as_of: at } })),
    };
  };
  const seen = async () => [await seenAt(early), await seenAt(late)];
  const before = await seen();
  for (const { memberships, decision, subjects, resources } of before)
    expect([memberships.length, decision.decision, subjects, resources]).toEqual([
      2,
      true,
      [String(admin.id), String(member.id)],
      [String(hospital)],
    ]);
  // The change of a transaction that has been open for half an hour.
  await service.dataSource.query(
    `INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, after, actor)
     VALUES (gen_random_uuid(), $1, 'membership', 'membership.removed', $2, $3, $4,
       '{"type_membership":"MEMBER","is_active":true,"is_deleted":true}', '{"type":"operator"}')`,
    [early, membership, member.id, hospital],
  );
  expect(await seen()).toEqual(before);
  const { memberships, decision, subjects, resources } = await seenAt(await now());
  expect([memberships.length, decision.decision, subjects, resources]).toEqual([1, false, [String(admin.id)], []]);
});
