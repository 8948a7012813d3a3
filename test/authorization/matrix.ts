import { ACTORS, PASSWORD, type ActorName, type Scene } from './scene.js';

/** A status, with the message of a refusal. */
export type Expected = string;

/** One route, how it is tried, and what each actor gets. */
export interface Row {
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As the table shows it. */
  readonly route: string;
  readonly path: (scene: Scene) => string;
  readonly body?: (scene: Scene) => object;
  readonly expected: Readonly<Record<ActorName, Expected>>;
}

const NO_KEY: readonly ActorName[] = [
  'no token',
  'bad scheme',
  'unknown key',
  'expired key',
  'revoked key',
  'deactivated medic',
];
const INVALID = '401 Invalid Token';
const UNAUTHORIZED = '401 Unauthorized Medic';
const HIDDEN = '404 Not found';

type Some = Partial<Record<ActorName, Expected>>;

/** @returns what each actor gets: a good key is needed, and those with one get `others` unless `some` says more */
function keyNeeded(others: Expected, some: Some = {}): Row['expected'] {
  const of = (actor: ActorName) => some[actor] ?? (NO_KEY.includes(actor) ? INVALID : others);
  return Object.fromEntries(ACTORS.map((actor) => [actor, of(actor)])) as Row['expected'];
}

function everybody(expected: Expected): Row['expected'] {
  return Object.fromEntries(ACTORS.map((actor) => [actor, expected])) as Row['expected'];
}

const anyMedic = (status: Expected) => keyNeeded(status);
const own = "the membership's own medic";
const creator = 'creator of the medic';

const member = (status: Expected) => ({ MEMBER: status, ADMIN: status, [own]: status });
const membershipPath = ({ membership }: Scene) => `/management/memberships/${String(membership)}`;
const hospitalPath = ({ hospital }: Scene) => `/hospital/${String(hospital)}`;
const medicPath = ({ subject }: Scene) => `/medics/${String(subject.id)}`;
const hospitalFields = { name: 'New', patron: 'NEW', location: 'Monterrey', contact: '81' };

/** Every route of the API. `{membership}` and `{medic}` are those of the membership's own medic, `{hospital}` its hospital. */
export const MATRIX: readonly Row[] = [
  {
    operation: 'listMemberships',
    method: 'GET',
    route: '/management/memberships',
    path: () => '/management/memberships',
    expected: anyMedic('200'),
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
    expected: keyNeeded(HIDDEN, member('200')),
  },
  {
    operation: 'updateHospital',
    method: 'PATCH',
    route: '/hospital/{hospital}',
    path: hospitalPath,
    body: () => ({ name: 'Another name' }),
    expected: keyNeeded(HIDDEN, { ...member(UNAUTHORIZED), ADMIN: '201' }),
  },
  {
    operation: 'listMedics',
    method: 'GET',
    route: '/medics',
    path: () => '/medics',
    expected: anyMedic('200'),
  },
  {
    operation: 'createMedic',
    method: 'POST',
    route: '/medics',
    path: () => '/medics',
    body: ({ membership }) => ({ name: 'New', email: `new.${String(membership)}@example.org`, password: PASSWORD }),
    expected: anyMedic('201'),
  },
  {
    operation: 'getMedic',
    method: 'GET',
    route: '/medics/{medic}',
    path: medicPath,
    expected: keyNeeded(HIDDEN, { [own]: '200', [creator]: '200' }),
  },
  {
    operation: 'updateMedic',
    method: 'PATCH',
    route: '/medics/{medic}',
    path: medicPath,
    body: () => ({ name: 'Another name' }),
    expected: keyNeeded(HIDDEN, { [own]: '202', [creator]: '202' }),
  },
  {
    operation: 'searchMedics',
    method: 'GET',
    route: '/search/medics',
    path: ({ subject }) => `/search/medics?query=${subject.email}`,
    expected: anyMedic('200'),
  },
  {
    operation: 'listLocations',
    method: 'GET',
    route: '/locations',
    path: () => '/locations',
    expected: anyMedic('200'),
  },
  {
    operation: 'updateLocation',
    method: 'PATCH',
    route: '/locations/update',
    path: () => '/locations/update',
    body: ({ hospital }) => ({ hospital_id: hospital }),
    expected: keyNeeded('404 Hospital not found', member('200')),
  },
  {
    operation: 'createToken',
    method: 'POST',
    route: '/token-auth',
    path: () => '/token-auth',
    body: ({ subject }) => ({ email: subject.email, password: PASSWORD }),
    expected: everybody('200'),
  },
  {
    operation: 'rotateToken',
    method: 'POST',
    route: '/token-auth/rotate',
    path: () => '/token-auth/rotate',
    expected: anyMedic('200'),
  },
  {
    operation: 'revokeToken',
    method: 'DELETE',
    route: '/token-auth',
    path: () => '/token-auth',
    expected: anyMedic('204'),
  },
  {
    operation: 'getPicture',
    method: 'GET',
    route: '/pictures/{digest}',
    path: () => `/pictures/${'0'.repeat(64)}`,
    expected: everybody(HIDDEN),
  },
  {
    operation: 'getLiveness',
    method: 'GET',
    route: '/health/live',
    path: () => '//health/live',
    expected: everybody('200'),
  },
  {
    operation: 'getReadiness',
    method: 'GET',
    route: '/health/ready',
    path: () => '//health/ready',
    expected: everybody('200'),
  },
];
