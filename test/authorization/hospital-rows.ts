import { anyMedic, HIDDEN, keyNeeded, members, NONE, own, SOME, UNAUTHORIZED, type Row } from './expected.js';
import type { Scene } from './scene.js';

const inactivePath = ({ inactive }: Scene) => `/hospital/${String(inactive)}`;
const hiddenPath = ({ hiddenMembership }: Scene) => `/management/memberships/${String(hiddenMembership)}`;
const membershipPath = ({ membership }: Scene) => `/management/memberships/${String(membership)}`;
const hospitalPath = ({ hospital }: Scene) => `/hospital/${String(hospital)}`;
const hospitalFields = { name: 'New', patron: 'NEW', location: 'Monterrey', contact: '81' };

/** The routes of memberships and hospitals. */
export const HOSPITAL_ROWS: readonly Row[] = [
  {
    operation: 'listMemberships',
    method: 'GET',
    route: '/management/memberships',
    path: () => '/management/memberships',
    expected: anyMedic('200'),
  },
  {
    operation: 'listMemberships',
    method: 'GET',
    route: '/management/memberships?managed=true&hospital={hospital}',
    path: ({ hospital }) => `/management/memberships?managed=true&hospital=${String(hospital)}`,
    isList: true,
    expected: keyNeeded(NONE, { ADMIN: SOME }),
  },
  {
    operation: 'listMemberships',
    method: 'GET',
    route: '/management/memberships?is_deleted=true',
    path: () => '/management/memberships?is_deleted=true',
    isList: true,
    expected: anyMedic(NONE),
  },
  {
    operation: 'getMembership',
    method: 'GET',
    route: '/management/memberships/{membership}',
    path: membershipPath,
    expected: keyNeeded(HIDDEN, { ADMIN: '200', [own]: '200' }),
  },
  {
    operation: 'createMembership',
    method: 'POST',
    route: '/management/memberships',
    path: () => '/management/memberships',
    body: ({ hospital, newcomer }) => ({ hospital, medic: newcomer.id }),
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: '201' }),
  },
  {
    operation: 'updateMembership',
    method: 'PATCH',
    route: '/management/memberships/{membership}',
    path: membershipPath,
    body: () => ({ type_membership: 'ADMIN' }),
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: '201' }),
  },
  {
    operation: 'deleteMembership',
    method: 'DELETE',
    route: '/management/memberships/{membership}',
    path: membershipPath,
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: '201', [own]: '201' }),
  },
  {
    operation: 'listHospitalMemberships',
    method: 'GET',
    route: '/memberships/{hospital}',
    path: ({ hospital }) => `/memberships/${String(hospital)}`,
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: '200' }),
  },
  {
    operation: 'listHospitalMemberships',
    method: 'GET',
    route: '/memberships/{hospital}?is_deleted=true',
    path: ({ hospital }) => `/memberships/${String(hospital)}?is_deleted=true`,
    isList: true,
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: SOME }),
  },
  {
    operation: 'getMembership',
    method: 'GET',
    route: '/management/memberships/{hidden membership}',
    path: hiddenPath,
    expected: keyNeeded(HIDDEN, { ADMIN: '200', [own]: '200' }),
  },
  {
    operation: 'deleteMembership',
    method: 'DELETE',
    route: '/management/memberships/{hidden membership}',
    path: hiddenPath,
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: '201', [own]: '201' }),
  },
  {
    operation: 'listHospitalMemberships',
    method: 'GET',
    route: '/memberships/{inactive}',
    path: ({ inactive }) => `/memberships/${String(inactive)}`,
    isList: true,
    expected: keyNeeded(UNAUTHORIZED, { ADMIN: SOME }),
  },
  {
    operation: 'listHospitals',
    method: 'GET',
    route: '/hospital',
    path: () => '/hospital',
    expected: anyMedic('200'),
  },
  {
    operation: 'createHospital',
    method: 'POST',
    route: '/hospital',
    path: () => '/hospital',
    body: () => hospitalFields,
    expected: anyMedic('201'),
  },
  {
    operation: 'getHospital',
    method: 'GET',
    route: '/hospital/{hospital}',
    path: hospitalPath,
    expected: keyNeeded(HIDDEN, members('200')),
  },
  {
    operation: 'updateHospital',
    method: 'PATCH',
    route: '/hospital/{hospital}',
    path: hospitalPath,
    body: () => ({ name: 'Another name' }),
    expected: keyNeeded(HIDDEN, { ...members(UNAUTHORIZED), ADMIN: '201' }),
  },
  {
    operation: 'getHospital',
    method: 'GET',
    route: '/hospital/{inactive}',
    path: inactivePath,
    expected: keyNeeded(HIDDEN, { ADMIN: '200' }),
  },
  {
    operation: 'updateHospital',
    method: 'PATCH',
    route: '/hospital/{inactive}',
    path: inactivePath,
    body: () => ({ name: 'Another name' }),
    expected: keyNeeded(HIDDEN, { ADMIN: '201' }),
  },
];
