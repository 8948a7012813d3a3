import { anyMedic, CANNOT_ASSIGN, creator, everybody, HIDDEN, keyNeeded, members, own, type Row } from './expected.js';
import { HOSPITAL_ROWS } from './hospital-rows.js';
import { PASSWORD, type Scene } from './scene.js';

const medicPath = ({ subject }: Scene) => `/medics/${String(subject.id)}`;
const newcomerPath = ({ newcomer }: Scene) => `/medics/${String(newcomer.id)}`;

/**
 * Every route of the API. `{membership}` and `{medic}` are those of the membership's own medic, `{hospital}` its
 * hospital; `{newcomer}` belongs to nothing and was created by the ADMIN.
 */
export const MATRIX: readonly Row[] = [
  ...HOSPITAL_ROWS,
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
    operation: 'createMedic',
    method: 'POST',
    route: '/medics',
    with: 'hospital',
    path: () => '/medics',
    body: ({ hospital, membership }) => ({
      name: 'New',
      email: `new.${String(membership)}@example.org`,
      password: PASSWORD,
      hospital,
    }),
    expected: keyNeeded(CANNOT_ASSIGN, { ADMIN: '201' }),
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
    operation: 'updateMedic',
    method: 'PATCH',
    route: '/medics/{medic}',
    with: 'hospital',
    path: medicPath,
    body: ({ hospital }) => ({ hospital }),
    expected: keyNeeded(HIDDEN, { [own]: '202', [creator]: '202' }),
  },
  {
    operation: 'updateMedic',
    method: 'PATCH',
    route: '/medics/{medic}',
    with: 'is_admin_membership',
    path: medicPath,
    body: () => ({ is_admin_membership: true }),
    expected: keyNeeded(HIDDEN, { [own]: CANNOT_ASSIGN, [creator]: CANNOT_ASSIGN }),
  },
  {
    operation: 'updateMedic',
    method: 'PATCH',
    route: '/medics/{newcomer}',
    with: 'hospital',
    path: newcomerPath,
    body: ({ hospital }) => ({ hospital }),
    expected: keyNeeded(HIDDEN, { ADMIN: '202' }),
  },
  {
    operation: 'updateMedic',
    method: 'PATCH',
    route: '/medics/{newcomer}',
    with: 'hospital` and `is_admin_membership',
    path: newcomerPath,
    body: ({ hospital }) => ({ hospital, is_admin_membership: true }),
    expected: keyNeeded(HIDDEN, { ADMIN: '202' }),
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
    expected: keyNeeded('404 Hospital not found', members('200')),
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
    path: ({ digest }) => `/pictures/${digest}`,
    expected: everybody('200'),
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
