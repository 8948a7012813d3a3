import { byHand, valueOf } from '../support/hand.js';
import { instant } from '../support/instant.js';
import { givenLimited } from '../support/limits.js';
import { instantBefore } from '../support/past.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { until } from '../support/until.js';
import { answersTo, answerTo, evaluations, question, type Answer, type Context } from './decisions.js';
import { entriesOf, Fold, type Entry } from './fold.js';

const service = useService();
let asker: ServiceActor;
let pairs: [medic: number, hospital: number, action: string][];

const now = () => instantBefore(service.dataSource);
const tick = () => valueOf(service.dataSource, 'SELECT pg_sleep(0.003)::text AS value');

/** Every kind of change that a decision depends on, by HTTP and by hand. */
beforeAll(async () => {
  asker = await givenService(service);
  const { admin, member, membership, adminship, outsider, hospital } = await service.given.hospital();
  const other = await service.given.emptyHospital();
  const second = await service.given.membership(member, other);
  const locum = await service.given.medic();
  const limits = { type: 'ADMIN', from: '200 milliseconds', until: '400 milliseconds' };
  const { id: limited } = await givenLimited(service.dataSource, locum, hospital, limits);
  await until(async () =>
    (await entriesOf(service.dataSource)).some(
      ({ type, membership: of }) => of === limited && type === 'membership.ended',
    ),
  );
  const created = (
    await admin.post('/medics/', { name: 'Created', email: 'created@example.org', password: 'correct horse' })
  )
    .isCreated()
    .body<{ id: number }>();
  const path = `/medics/${String(created.id)}`;
  const changes: (() => Promise<unknown>)[] = [
    () => admin.changeMembership(limited, { valid_from: null, valid_until: null }),
    () => admin.changeMembership(limited, { valid_from: '2999-01-01T00:00:00Z' }),
    () => admin.changeMembership(limited, { valid_from: null, valid_until: '2999-01-01T00:00:00Z' }),
    () => byHand(service.dataSource, `UPDATE membership SET valid_until = '2021-01-01' WHERE id = $1`, [limited]),
    () => admin.changeMembership(limited, { valid_until: '2999-01-01T00:00:00Z', type_membership: 'MEMBER' }),
    () => admin.removeMembership(limited),
    () => admin.changeMembership(limited, { is_deleted: false }),
    () => admin.addMember(hospital, outsider),
    () => admin.patch(path, { hospital, is_admin_membership: true }),
    () => admin.patch(path, { is_active: false }),
    () => admin.changeMembership(membership, { type_membership: 'ADMIN' }),
    () => admin.patch(`/hospital/${String(hospital)}`, { is_active: false }),
    () => admin.changeMembership(adminship, { type_membership: 'MEMBER' }),
    () => member.patch(`/hospital/${String(hospital)}`, { is_active: true }),
    () => member.changeMembership(adminship, { type_membership: 'ADMIN' }),
    () => admin.patch(path, { is_active: true }),
    () => admin.removeMembership(membership),
    () => admin.changeMembership(membership, { is_deleted: false, type_membership: 'MEMBER' }),
    () => member.patch('/locations/update/', { hospital_id: other }),
    () => byHand(service.dataSource, 'UPDATE membership SET is_deleted = true WHERE medic_id = $1', [outsider.id]),
    () => byHand(service.dataSource, 'DELETE FROM membership WHERE id = $1', [second]),
    () => service.given.membership(member, other),
    () => byHand(service.dataSource, 'DELETE FROM membership WHERE medic_id = $1', [outsider.id]),
    () => service.given.membership(outsider, other, { id: membership + 1000 }),
    () => member.removeMembership(membership),
    () => byHand(service.dataSource, 'UPDATE hospital SET is_active = false WHERE id = $1', [other]),
  ];
  for (const change of changes) {
    await change();
    await tick();
  }
  pairs = [admin, member, outsider, locum, created].flatMap(({ id }) =>
    [hospital, other].flatMap((at) =>
      ['prescribe', 'administer', 'other'].map((action): [number, number, string] => [id, at, action]),
    ),
  );
});

/** Fails unless every answer is the fold's. */
function expectFolded(answers: readonly Answer[], fold: Fold, where: unknown): void {
  const seen = answers.map(({ decision, context: { evaluated_at: _, as_of: __, position: ___, ...context } }) => ({
    decision,
    ...context,
  }));
  expect({ where, seen }).toEqual({ where, seen: pairs.map((pair) => fold.decide(...pair)) });
}

/** @returns the instants of all changes, starts and ends */
const instantsOf = (entries: readonly Entry[]) => [
  ...new Set(entries.flatMap(({ at, effective = at }) => [at, effective])),
];

const askAll = (context?: Context) =>
  answersTo(asker, { evaluations: pairs.map((pair) => question(...pair, context)) });

test('after each position, every decision is the one that entries 1 to that position give', async () => {
  const entries = await entriesOf(service.dataSource);
  expect(entries.length).toBeGreaterThan(30);
  for (const [index, { position }] of entries.entries()) {
    const answers = await askAll({ position });
    expect(answers.every(({ context }) => context.position === position)).toBe(true);
    expectFolded(answers, new Fold(entries.slice(0, index + 1)), { position });
  }
});

test('at the instant of each entry, start and end, and right before it, every decision is the one that the entries until then give', async () => {
  const entries = await entriesOf(service.dataSource);
  const began = await valueOf<string>(service.dataSource, `SELECT ${instant('began')} AS value FROM record_head`);
  for (const at of instantsOf(entries)) {
    const before = await valueOf<string>(
      service.dataSource,
      `SELECT ${instant("($1::timestamptz - interval '1 microsecond')")} AS value`,
      [at],
    );
    for (const as_of of [at, before].filter((instantAsked) => instantAsked >= began)) {
      const answers = await askAll({ as_of });
      expect(answers.every(({ context }) => context.as_of === as_of)).toBe(true);
      expectFolded(
        answers,
        new Fold(
          entries.filter((entry) => entry.at <= as_of),
          as_of,
        ),
        { as_of },
      );
    }
  }
});

test('the present decisions, with their entries, are those of the whole record', async () => {
  const answers = await askAll();
  const [{ evaluated_at } = {}] = answers.map(({ context }) => context);
  expectFolded(answers, new Fold(await entriesOf(service.dataSource), evaluated_at), 'now');
});

test('one batch asks about several times at once, all from one snapshot', async () => {
  const [[medic, hospital] = [0, 0]] = pairs;
  const entries = await entriesOf(service.dataSource);
  const positions = entries.map(({ position }) => position);
  const evaluationsOf = positions.flatMap((position) => [
    question(medic, hospital, 'administer', { position }),
    question(medic, hospital, 'administer'),
  ]);
  const answers = await answersTo(asker, { evaluations: evaluationsOf });
  answers.forEach(({ decision, context }, index) => {
    const until = index % 2 === 0 ? positions[index / 2] : undefined;
    const fold = new Fold(entries.slice(0, until));
    expect({ decision, reason: context.reason }).toMatchObject({
      decision: fold.decide(medic, hospital, 'administer').decision,
      reason: fold.decide(medic, hospital, 'administer').reason,
    });
  });
});

test('the default context of a batch names the time for all items that have no context of their own', async () => {
  const [[medic, hospital] = [0, 0]] = pairs;
  const asked = question(medic, hospital);
  const answers = await answersTo(asker, { context: { position: 1 }, evaluations: [asked, { ...asked, context: {} }] });
  expect(answers.map(({ context }) => context.position)).toEqual([1, undefined]);
});

describe('searches of the past', () => {
  const idsOf = async (kind: string, body: object) => {
    const answer = await asker.send('POST', `/access/v1/search/${kind}`, { body });
    return answer
      .is(200)
      .body<{ results: { id?: string; name?: string }[] }>()
      .results.map(({ id, name }) => id ?? name);
  };

  test('searches of the past find exactly what the fold grants, after each position, and at its instant and at the start or end that it is about', async () => {
    const entries = await entriesOf(service.dataSource);
    const medics = [...new Set(pairs.map(([medic]) => medic))].sort((a, b) => a - b);
    const hospitals = [...new Set(pairs.map(([, hospital]) => hospital))].sort((a, b) => a - b);
    for (const [index, { position, at, effective = at }] of entries.entries()) {
      const name = index % 2 === 0 ? 'prescribe' : 'administer';
      const [medic, hospital] = [medics[index % medics.length] ?? 0, hospitals[index % hospitals.length] ?? 0];
      const subject = { type: 'medic', id: String(medic) };
      const resource = { type: 'hospital', id: String(hospital) };
      for (const [context, fold] of [
        [{ position }, new Fold(entries.slice(0, index + 1))],
        ...[at, effective].map(
          (as_of) =>
            [
              { as_of },
              new Fold(
                entries.filter((entry) => entry.at <= as_of),
                as_of,
              ),
            ] as const,
        ),
      ] as const) {
        const grants = (who: number, where: number, action = name) => fold.decide(who, where, action).decision;
        const found = {
          subjects: await idsOf('subject', { subject: { type: 'medic' }, action: { name }, resource, context }),
          resources: await idsOf('resource', { subject, action: { name }, resource: { type: 'hospital' }, context }),
          actions: await idsOf('action', { subject, resource, context }),
        };
        expect({ context, ...found }).toEqual({
          context,
          subjects: medics.filter((each) => grants(each, hospital)).map(String),
          resources: hospitals.filter((each) => grants(medic, each)).map(String),
          actions: ['administer', 'prescribe'].filter((each) => grants(medic, hospital, each)),
        });
      }
    }
  });
});

test('a decision about the past sees every change that was committed before the request', async () => {
  const { admin, hospital, outsider } = await service.given.hospital();
  for (let round = 0; round < 10; round += 1) {
    const added = (await admin.addMember(hospital, outsider)).status === 201 || round > 0;
    expect(added).toBe(true);
    const as_of = await now();
    const { membership = 0 } = (await answerTo(asker, question(outsider.id, hospital, 'prescribe', { as_of }))).context;
    expect(membership).toBeGreaterThan(0);
    await tick();
    (await admin.removeMembership(membership)).isCreated();
    const later = { as_of: await now() };
    expect((await answerTo(asker, question(outsider.id, hospital, 'prescribe', later))).decision).toBe(false);
    expect((await answerTo(asker, question(outsider.id, hospital, 'prescribe', { as_of }))).decision).toBe(true);
    await tick();
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated();
  }
});

test('an instant with an offset is repeated in UTC with six digits', async () => {
  const as_of = (await now()).replace('Z', '+00:00');
  const { context } = await answerTo(asker, question(1, 1, 'prescribe', { as_of }));
  expect(context.as_of).toBe(as_of.replace('+00:00', 'Z'));
});

test('the last position of the record is accepted, and the one after it names the last', async () => {
  const { length } = await entriesOf(service.dataSource);
  await answerTo(asker, question(1, 1, 'prescribe', { position: length }));
  const body = { evaluations: [question(1, 1, 'prescribe', { position: length + 1 })] };
  const answer = (await evaluations(asker, body)).is(200);
  expect(answer.text).toContain(`The last position of the record is ${String(length)}.`);
});
