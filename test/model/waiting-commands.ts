import fc from 'fast-check';
import { addMany } from './bulk.js';
import { adminsOf, command, idOf, whoCalls, type Command, type Sent } from './command.js';
import { instantOf } from './limits.js';
import type { MembershipFields, Model } from './model.js';
import { letDaysPass } from './read-commands.js';
import type { ModelMedic, ModelMembership } from './world.js';

const PATH = '/management/memberships/';
const number = fc.nat(11);

/** A start, in most cases in the next days. */
const start = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, -1) },
);

/** A flag that a few requests send. */
const flag = fc.option(fc.boolean(), { nil: undefined, freq: 1 }).chain((sent) => fc.constantFrom(sent, undefined));

const anyOf = <T>(rows: readonly T[], n: number) => rows[n % Math.max(rows.length, 1)];

/** The medics who are no ADMIN of a hospital from its foundation on. */
const employees = ({ medics }: Model) => medics.slice(2);

const membershipOf = (model: Model, n: number, isDeleted: boolean) =>
  anyOf(
    model.memberships.filter((each) => each.isDeleted === isDeleted && employees(model).includes(each.medic)),
    n,
  );

/** A PATCH of a membership by an ADMIN of its hospital. */
function change(model: Model, membership: ModelMembership | undefined, fields: MembershipFields): Sent {
  const by = whoCalls(model, { pick: 0, isEntitled: true }, adminsOf(model, membership?.hospital));
  const path = `${PATH}${String(idOf(membership))}`;
  const expect = () => model.changeMembership(by, idOf(membership), fields);
  return { by, method: 'PATCH', path, body: { ...fields }, expect };
}

const join = command(
  'join later',
  6,
  fc.record({ medic: number, hospital: number, day: start, is_active: flag }),
  (model, { medic: n, hospital: m, day, is_active }) => {
    const hospital = anyOf(model.hospitals, m);
    const by = whoCalls(model, { pick: 0, isEntitled: true }, adminsOf(model, hospital));
    const limits = { valid_from: instantOf(day), ...(is_active !== undefined && { is_active }) };
    const body = { medic: idOf(anyOf(employees(model), n)), hospital: idOf(hospital), ...limits };
    return { by, method: 'POST', path: PATH, body, expect: () => model.createMembership(by, body) };
  },
);

const move = command(
  'move a start',
  8,
  fc.record({ membership: number, day: start, is_active: flag, until: fc.option(fc.integer({ min: 1, max: 5 })) }),
  (model, { membership: n, day, is_active, until }) =>
    change(model, membershipOf(model, n, false), {
      valid_from: instantOf(day),
      valid_until: instantOf(until),
      ...(is_active !== undefined && { is_active }),
    }),
);

const send = command(
  'send a flag',
  2,
  fc.record({ membership: number, is_active: flag }),
  (model, { membership: n, is_active }) =>
    change(model, membershipOf(model, n, false), is_active === undefined ? {} : { is_active }),
);

const restore = command(
  'restore',
  4,
  fc.record({ membership: number, day: fc.option(start, { nil: undefined }), is_active: flag }),
  (model, { membership: n, day, is_active }) =>
    change(model, membershipOf(model, n, true), {
      is_deleted: false,
      valid_until: null,
      ...(day !== undefined && { valid_from: instantOf(day) }),
      ...(is_active !== undefined && { is_active }),
    }),
);

const restoreInBulk = command('restore in bulk', 2, fc.record({ membership: number }), (model, { membership: n }) => {
  const membership = membershipOf(model, n, true);
  const by = whoCalls(model, { pick: 0, isEntitled: true }, adminsOf(model, membership?.hospital));
  const memberships = [{ medic: idOf(membership?.medic), restore: true, valid_until: null }];
  const body = { hospital: idOf(membership?.hospital), memberships };
  const expect = () => addMany(model, by, membership?.hospital, memberships, false);
  return { by, method: 'POST', path: `${PATH}bulk/`, body, expect };
});

const remove = command('remove', 4, fc.record({ membership: number }), (model, { membership: n }) => {
  const membership = membershipOf(model, n, false);
  const by = whoCalls(model, { pick: 0, isEntitled: true }, adminsOf(model, membership?.hospital));
  const path = `${PATH}${String(idOf(membership))}`;
  return { by, method: 'DELETE', path, expect: () => model.removeMembership(by, idOf(membership)) };
});

const choose = command(
  'choose a hospital, or none',
  3,
  fc.record({ medic: number, hospital: fc.option(number, { freq: 1 }) }),
  (model, { medic: n, hospital: m }) => {
    const by = anyOf(employees(model), n) as ModelMedic;
    const body = { hospital: m === null ? null : idOf(anyOf(model.hospitals, m)) };
    const path = `/medics/${String(by.id)}`;
    return { by, method: 'PATCH', path, body, expect: () => model.changeMedic(by, by.id, body) };
  },
);

/** Commands about memberships that start later, of few medics, so that most of them meet another one. */
export const waitingCommand: fc.Arbitrary<Command> = fc.oneof(
  join,
  move,
  send,
  restore,
  restoreInBulk,
  remove,
  choose,
  { ...letDaysPass, weight: 3 },
);
