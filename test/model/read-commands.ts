import fc from 'fast-check';
import {
  adminsOf,
  caller,
  command,
  idOf,
  listed,
  maybe,
  oneOf,
  pick,
  whoCalls,
  type Caller,
  type Pick,
  type Sent,
} from './command.js';
import type { Expected } from './expected.js';
import type { Model } from './model.js';
import { Reads, type Query } from './reads.js';
import type { ModelHospital, ModelMedic } from './world.js';

const slicing = { limit: fc.integer({ min: 1, max: 4 }), offset: fc.nat(5) };
const type = fc.constantFrom('ADMIN', 'MEMBER');

type Read = (reads: Reads, by: ModelMedic) => Expected;

function get(model: Model, by: ModelMedic, path: string, query: Query, read: Read): Sent {
  return { by, method: 'GET', path, query, expect: () => read(new Reads(model), by) };
}

const listMemberships = command(
  'list memberships',
  5,
  fc.record({
    by: caller,
    hospital: fc.option(pick, { nil: undefined, freq: 1 }),
    query: listed({
      ...slicing,
      type_membership: type,
      is_active: maybe,
      is_deleted: maybe,
      in_force: maybe,
      managed: maybe,
    }),
  }),
  (model, { by, hospital: n, query: rest }) => {
    const hospital = n === undefined ? undefined : oneOf(model.hospitals, n);
    const query = { ...rest, ...(n !== undefined && { hospital: idOf(hospital) }) };
    const path = '/management/memberships/';
    const medic = whoCalls(model, by, adminsOf(model, hospital));
    return get(model, medic, path, query, (reads) => reads.memberships(medic, path, query));
  },
);

const listHospitalMemberships = command(
  "list a hospital's memberships",
  4,
  fc.record({
    by: caller,
    hospital: pick,
    query: listed({ ...slicing, type_membership: type, is_deleted: maybe, in_force: maybe }),
  }),
  (model, { by, hospital: n, query }) => {
    const hospital = oneOf(model.hospitals, n);
    const path = `/memberships/${String(idOf(hospital))}`;
    const medic = whoCalls(model, by, adminsOf(model, hospital));
    return get(model, medic, path, query, (reads) => reads.membershipsOfHospital(medic, path, idOf(hospital), query));
  },
);

const readMembership = command(
  'read membership',
  4,
  fc.record({ by: caller, membership: pick }),
  (model, { by, membership: n }) => {
    const membership = oneOf(model.memberships, n);
    const medics = membership === undefined ? [] : [membership.medic, ...adminsOf(model, membership.hospital)];
    const path = `/management/memberships/${String(idOf(membership))}`;
    const medic = whoCalls(model, by, medics);
    return get(model, medic, path, {}, (reads) => reads.membership(medic, idOf(membership)));
  },
);

/** A list of the caller's own objects. */
function list(name: string, path: string, read: (reads: Reads, by: ModelMedic, query: Query) => Expected) {
  return command(name, 2, fc.record({ by: caller, query: listed(slicing) }), (model, { by, query }) =>
    get(model, whoCalls(model, by, []), path, query, (reads, medic) => read(reads, medic, query)),
  );
}

const readHospital = command('read hospital', 2, fc.record({ by: caller, hospital: pick }), (model, drawn) => {
  const { by, hospital: n }: { by: Caller; hospital: Pick } = drawn;
  const hospital: ModelHospital | undefined = oneOf(model.hospitals, n);
  const members = model.medics.filter((medic) => model.rightOf(medic, hospital) !== undefined);
  const medic = whoCalls(model, by, hospital === undefined ? [] : members);
  const path = `/hospital/${String(idOf(hospital))}`;
  return get(model, medic, path, {}, (reads) => reads.hospital(medic, idOf(hospital)));
});

const readMedic = command('read medic', 3, fc.record({ by: caller, medic: pick }), (model, { by, medic: n }) => {
  const medic = oneOf(model.medics, n);
  const reader = whoCalls(model, by, [medic, medic?.creator].filter(isSomebody));
  return get(model, reader, `/medics/${String(idOf(medic))}`, {}, (reads) => reads.medic(reader, idOf(medic)));
});

const isSomebody = (medic: ModelMedic | null | undefined): medic is ModelMedic => Boolean(medic);

const searchMedics = command(
  'search medics',
  2,
  fc.record({ by: caller, medic: pick, isUpper: maybe, query: listed(slicing) }),
  (model, { by, medic: n, isUpper, query: rest }) => {
    const email = oneOf(model.medics, n)?.email;
    const query = { ...rest, ...(email !== undefined && { query: isUpper ? email.toUpperCase() : email }) };
    const path = '/search/medics/';
    return get(model, whoCalls(model, by, []), path, query, (reads) => reads.search(path, query));
  },
);

/** Memberships that have started or ended meanwhile are missing from the lists, or in them. */
export const letDaysPass = command(
  'let days pass',
  5,
  fc.record({
    by: caller,
    hospital: pick,
    days: fc.integer({ min: 1, max: 2 }),
    query: listed({ in_force: maybe, managed: maybe }),
  }),
  (model, { by, hospital: n, days, query }) => {
    const path = '/management/memberships/';
    const medic = whoCalls(model, by, adminsOf(model, oneOf(model.hospitals, n)));
    return { ...get(model, medic, path, query, (reads) => reads.memberships(medic, path, query)), passing: days };
  },
);

export const readCommands = [
  letDaysPass,
  listMemberships,
  listHospitalMemberships,
  readMembership,
  list('list locations', '/locations/', (reads, by) => reads.locations(by)),
  list('list hospitals', '/hospital/', (reads, by, query) => reads.hospitals(by, '/hospital/', query)),
  list('list medics', '/medics/', (reads, by, query) => reads.medics(by, '/medics/', query)),
  readHospital,
  readMedic,
  searchMedics,
];
