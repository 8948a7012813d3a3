import fc from 'fast-check';
import { adminsOf, caller, command, idOf, limits, NO_ID, listed, maybe, oneOf, pick, whoCalls } from './command.js';
import type { MembershipFields } from './model.js';

const PATH = '/management/memberships/';

/** Spellings of a client, and one invalid type. */
const type = fc.constantFrom('ADMIN', 'MEMBER', 'ADMIN', 'member', 'Admin', 'MEMBER', 'OWNER');

/** The present medic or hospital, in most cases: any other value is refused. */
const moved = (present: { id: number } | undefined, n: number) => (n === 1 ? NO_ID : idOf(present));

const createMembership = command(
  'create membership',
  14,
  fc.record({
    by: caller,
    pair: listed({ medic: pick, hospital: pick }),
    fields: listed({ type_membership: type, is_active: maybe, is_deleted: fc.nat(5).map((n) => n === 1) }),
    limits,
  }),
  (model, { by, pair, fields, limits: limited }) => {
    const hospital = pair.hospital === undefined ? undefined : oneOf(model.hospitals, pair.hospital);
    const body: MembershipFields = {
      ...(pair.medic !== undefined && { medic: idOf(oneOf(model.medics, pair.medic)) }),
      ...(pair.hospital !== undefined && { hospital: idOf(hospital) }),
      ...fields,
      ...limited,
    };
    const medic = whoCalls(model, by, adminsOf(model, hospital));
    return {
      by: medic,
      method: 'POST',
      path: PATH,
      body: { ...body },
      expect: () => model.createMembership(medic, body),
      requireRight: () => {
        model.requireAdmin(medic, hospital);
      },
    };
  },
);

const changeMembership = command(
  'change membership',
  18,
  fc.record({
    by: caller,
    membership: pick,
    move: listed({ medic: fc.nat(5), hospital: fc.nat(5) }),
    fields: listed({ type_membership: type, is_active: maybe, is_deleted: maybe }),
    limits,
  }),
  (model, { by, membership: n, move, fields, limits: limited }) => {
    const membership = oneOf(model.memberships, n);
    const body: MembershipFields = {
      ...(move.medic !== undefined && { medic: moved(membership?.medic, move.medic) }),
      ...(move.hospital !== undefined && { hospital: moved(membership?.hospital, move.hospital) }),
      ...fields,
      ...limited,
    };
    const medic = whoCalls(model, by, adminsOf(model, membership?.hospital));
    const path = `${PATH}${String(idOf(membership))}`;
    const expect = () => model.changeMembership(medic, idOf(membership), body);
    return { by: medic, method: 'PATCH', path, body: { ...body }, expect };
  },
);

const restoreMembership = command(
  'restore membership',
  8,
  fc.record({ by: caller, membership: pick, fields: listed({ type_membership: type, is_active: maybe }), limits }),
  (model, { by, membership: n, fields, limits: limited }) => {
    const deleted = model.memberships.filter(({ isDeleted }) => isDeleted);
    const membership = oneOf(deleted, n);
    const medic = whoCalls(model, by, adminsOf(model, membership?.hospital));
    const path = `${PATH}${String(idOf(membership))}`;
    const body = { ...fields, ...limited, is_deleted: false };
    const expect = () => model.changeMembership(medic, idOf(membership), body);
    return { by: medic, method: 'PATCH', path, body, expect };
  },
);

const removeMembership = command(
  'remove membership',
  6,
  fc.record({ by: caller, membership: pick }),
  (model, { by, membership: n }) => {
    const membership = oneOf(model.memberships, n);
    const medic = whoCalls(model, by, [
      ...adminsOf(model, membership?.hospital),
      ...(membership === undefined ? [] : [membership.medic]),
    ]);
    const path = `${PATH}${String(idOf(membership))}`;
    return { by: medic, method: 'DELETE', path, expect: () => model.removeMembership(medic, idOf(membership)) };
  },
);

const chooseLocation = command(
  'choose location',
  6,
  fc.record({ by: caller, choice: listed({ hospital: pick }) }),
  (model, { by, choice }) => {
    const hospital = choice.hospital === undefined ? undefined : oneOf(model.hospitals, choice.hospital);
    const members = model.medics.filter((medic) => model.rightOf(medic, hospital) !== undefined);
    const medic = whoCalls(model, by, hospital === undefined ? [] : members);
    const id = choice.hospital === undefined ? undefined : idOf(hospital);
    const body = id === undefined ? {} : { hospital_id: id };
    const expect = () => model.chooseLocation(medic, id);
    return { by: medic, method: 'PATCH', path: '/locations/update/', body, expect };
  },
);

export const membershipCommands = [
  createMembership,
  changeMembership,
  restoreMembership,
  removeMembership,
  chooseLocation,
];
