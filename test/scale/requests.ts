import { REQUESTS, type Sent } from '../support/requests.js';
import type { OrdinaryScene } from './ordinary.js';

type Send = (scene: OrdinaryScene) => Sent;

const MEMBERSHIPS = '/management/memberships/';
/** Past the end of every list of an ordinary medic or hospital. */
const BEHIND = 'limit=1000&offset=100000';

/** Queries of the caller's own memberships, which `managed=true` also accepts. */
const FILTERS: readonly Send[] = (
  [
    () => 'limit=1000',
    () => 'limit=5&offset=3',
    () => BEHIND,
    ({ hospital }) => `hospital=${String(hospital)}`,
    () => 'type_membership=ADMIN',
    () => 'is_active=true',
    () => 'is_deleted=true',
    () => 'in_force=false',
    ({ hospital }) => `hospital=${String(hospital)}&type_membership=MEMBER&is_active=false&limit=3&offset=2`,
  ] satisfies ((scene: OrdinaryScene) => string)[]
).flatMap((query) =>
  ['', 'managed=true&'].map((managed): Send => (scene) => [
    scene.admin,
    'GET',
    `${MEMBERSHIPS}?${managed}${query(scene)}`,
  ]),
);

const OF_HOSPITAL: readonly Send[] = [
  'is_deleted=true',
  'in_force=false',
  'type_membership=admin',
  'limit=15&offset=15',
  BEHIND,
].map((query): Send => ({ admin, hospital }) => [admin, 'GET', `/memberships/${String(hospital)}?${query}`]);

const OTHER_LISTS: readonly Send[] = ['/hospital/', '/medics/', '/search/medics/'].flatMap((path) =>
  ['limit=2&offset=1', BEHIND].map((query): Send => ({ admin, busy }) => [
    admin,
    'GET',
    `${path}?query=${busy.email}&${query}`,
  ]),
);

const change = (scene: OrdinaryScene, id: number, body: object): Sent => [
  scene.admin,
  'PATCH',
  MEMBERSHIPS + String(id),
  body,
];
const changeCreated = ({ admin, created }: OrdinaryScene, body: object): Sent => [
  admin,
  'PATCH',
  `/medics/${String(created.id)}`,
  body,
];

const WRITES: readonly Send[] = [
  // The medic belongs to other hospitals: the first creation is one statement, the second is several.
  ({ admin, busy, hospital }) => [admin, 'POST', MEMBERSHIPS, { medic: busy.id, hospital }],
  ({ admin, busy, hospital }) => [admin, 'POST', MEMBERSHIPS, { medic: busy.id, hospital, is_active: false }],
  (scene) => change(scene, scene.deleted, { is_deleted: false }),
  (scene) => change(scene, scene.adminship, { is_active: true }),
  ({ member, membership }) => [member, 'DELETE', MEMBERSHIPS + String(membership)],
  ({ busy }) => [busy, 'PATCH', `/medics/${String(busy.id)}`, { hospital: null, name: 'Other' }],
  (scene) => changeCreated(scene, { hospital: scene.hospital, is_admin_membership: true }),
  (scene) => changeCreated(scene, { email: `other.${scene.created.email}`, is_active: false }),
];

/** Every endpoint with its filters and slices far past the end, for medics and hospitals of ordinary size. */
export const ORDINARY: readonly Send[] = [
  ...Object.values(REQUESTS).map(({ send }) => send),
  ...FILTERS,
  ...OF_HOSPITAL,
  ...OTHER_LISTS,
  ...WRITES,
  ({ admin, picture }) => [admin, 'GET', `/pictures/${picture}`],
];
