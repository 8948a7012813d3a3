import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import type { HospitalScene } from '../support/given.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answersTo, evaluate, evaluations, question, type Answer } from './decisions.js';

const service = useService();
let asker: ServiceActor;
let scene: HospitalScene;
beforeAll(async () => {
  asker = await givenService(service, 'decision:check');
  scene = await service.given.hospital();
});

const prescribe = { name: 'prescribe' };
const administer = { name: 'administer' };
const medic = (id: number) => ({ type: 'medic', id: String(id) });
const hospital = (id: number) => ({ type: 'hospital', id: String(id) });
const decisionsOf = (answers: Answer[]) => answers.map(({ decision }) => decision);
const reasonsOf = (answers: Answer[]) => answers.map(({ context }) => context.reason ?? context.error?.status);

test('a batch has one decision for each item, in their order, all of one instant', async () => {
  const { admin, member, outsider, stranger } = scene;
  const all = [admin, member, outsider, stranger];
  const items = all.flatMap(({ id }) =>
    ['administer', 'prescribe', 'x'].map((name) => question(id, scene.hospital, name)),
  );
  const answers = await answersTo(asker, { evaluations: items });
  expect(reasonsOf(answers)).toEqual(
    [
      ['admin', 'admin'],
      ['not_an_admin', 'member'],
      ['not_a_member', 'not_a_member'],
      ['not_a_member', 'not_a_member'],
    ].flatMap((reasons) => [...reasons, 'unknown_action']),
  );
  expect(new Set(answers.map(({ context }) => context.evaluated_at)).size).toBe(1);
  for (const [index, item] of items.entries()) {
    const { decision, context } = (await evaluate(asker, item)).is(200).body<Answer>();
    const { decision: same, context: of } = answers[index] as Answer;
    expect([same, { ...of, evaluated_at: '' }]).toEqual([decision, { ...context, evaluated_at: '' }]);
  }
});

test('an item inherits each entity that it lacks as a whole, and overrides it as a whole', async () => {
  const { admin, member, outsider } = scene;
  const body = {
    subject: medic(member.id),
    action: administer,
    resource: hospital(scene.hospital),
    evaluations: [
      {},
      { action: prescribe },
      { subject: medic(admin.id) },
      { subject: medic(outsider.id), action: prescribe },
      { subject: { id: String(admin.id) } },
      { subject: { type: 'medic' } },
      { subject: null },
      { subject: medic(admin.id), unknown: true },
    ],
  };
  expect(reasonsOf(await answersTo(asker, body))).toEqual([
    'not_an_admin',
    'member',
    'admin',
    'not_a_member',
    400,
    400,
    400,
    'admin',
  ]);
});

test('an item that is wrong is denied with its error, and the others are decided', async () => {
  const valid = question(scene.admin.id, scene.hospital);
  const items = [
    valid,
    {},
    'x',
    7,
    null,
    [],
    { ...valid, action: { name: 1 } },
    { ...valid, context: { as_of: 'yesterday' } },
    { ...valid, context: { as_of: '9999-01-01T00:00:00Z' } },
    { ...valid, context: { as_of: '0001-01-01T00:00:00Z' } },
    { ...valid, context: { position: 1_000_000 } },
    { ...valid, context: { position: 1, as_of: '2026-11-28T01:12:12Z' } },
    valid,
  ];
  const answers = await answersTo(asker, { evaluations: items });
  expect(decisionsOf(answers)).toEqual([true, ...Array<boolean>(11).fill(false), true]);
  for (const { context } of answers.slice(1, -1))
    expect(context).toEqual({
      error: { status: 400, message: expect.any(String) as string, errors: expect.any(Object) as object },
    });
});

test('a wrong default is a 400 of the whole request', async () => {
  const item = question(scene.admin.id, scene.hospital);
  const { context, ...inheriting } = { ...item, context: undefined };
  expect(context).toBeUndefined();
  for (const wrong of [
    { subject: 'x' },
    { action: {} },
    { resource: { type: 'hospital' } },
    { context: 7 },
    { context: { as_of: 'x' } },
    { context: { position: 1_000_000 } },
    { context: { as_of: '9999-01-01T00:00:00Z' } },
    { options: 'x' },
    { options: { evaluations_semantic: 'some' } },
    { options: { evaluations_semantic: 1 } },
    { evaluations: {} },
    { evaluations: null },
  ])
    (await evaluations(asker, { evaluations: [inheriting], ...wrong })).is(400);
});

describe('the semantic', () => {
  const batch = (semantic: string | undefined, ...ids: (number | string)[]) => ({
    action: prescribe,
    resource: hospital(scene.hospital),
    evaluations: ids.map((id) => (typeof id === 'string' ? {} : { subject: medic(id) })),
    ...(semantic === undefined ? {} : { options: { evaluations_semantic: semantic, another_option: 'x' } }),
  });
  const ask = async (semantic: string | undefined, ...ids: (number | string)[]) =>
    decisionsOf(await answersTo(asker, batch(semantic, ...ids)));

  test('execute_all, the default, returns every decision', async () => {
    const ids = [scene.admin.id, scene.outsider.id, scene.member.id];
    expect(await ask(undefined, ...ids)).toEqual([true, false, true]);
    expect(await ask('execute_all', ...ids)).toEqual([true, false, true]);
  });

  test('deny_on_first_deny ends with the first deny, or with the first item that is wrong', async () => {
    const { admin, member, outsider } = scene;
    expect(await ask('deny_on_first_deny', admin.id, outsider.id, member.id)).toEqual([true, false]);
    expect(await ask('deny_on_first_deny', admin.id, 'wrong', member.id)).toEqual([true, false]);
    expect(await ask('deny_on_first_deny', admin.id, member.id)).toEqual([true, true]);
  });

  test('permit_on_first_permit ends with the first permit', async () => {
    const { admin, member, outsider } = scene;
    expect(await ask('permit_on_first_permit', outsider.id, 'wrong', member.id, admin.id)).toEqual([
      false,
      false,
      true,
    ]);
    expect(await ask('permit_on_first_permit', outsider.id)).toEqual([false]);
  });
});

test('without evaluations, request and response are those of a single evaluation', async () => {
  const body = question(scene.admin.id, scene.hospital);
  for (const single of [body, { ...body, evaluations: [] }]) {
    const answer = (await evaluations(asker, single)).is(200).body<Answer>();
    expect(answer).toMatchObject({ decision: true, context: { reason: 'admin' } });
  }
  (await evaluations(asker, { evaluations: [] })).is(400);
  (await evaluations(asker, {})).is(400);
});

test('1000 evaluations are decided, and 1001 are a 400', async () => {
  const items = Array.from({ length: 1000 }, (_, index) => ({
    ...question(index % 2 === 0 ? scene.admin.id : scene.outsider.id, scene.hospital),
    context: { receipt: false, time: 'x' },
  }));
  const answers = await answersTo(asker, { evaluations: items });
  expect(decisionsOf(answers)).toEqual(items.map((_, index) => index % 2 === 0));
  const refused = (await evaluations(asker, { evaluations: [...items, items[0]] })).is(400);
  expect(refused.json).toMatchObject({ errors: { evaluations: [expect.stringContaining('1000')] } });
});

// The embedded database has a key of its own.
(isServer ? test : test.skip)('a receipt for one item without a signing key is a 501, and no decision', async () => {
  const wanted = question(scene.admin.id, scene.hospital, 'prescribe', { receipt: true });
  const refused = (await evaluations(asker, { evaluations: [question(1, 1), wanted] })).is(501);
  expect(refused.text).not.toContain('decision"');
});
