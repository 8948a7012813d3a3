import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from './actor.js';
import { HOSPITAL, medicBody } from './bodies.js';
import { READ, STORED_WRITE, WRITE } from './budgets.js';
import { API } from './client.js';
import { DECISION_REQUESTS } from './decision-requests.js';
import type { Given, HospitalScene } from './given.js';
import { WITHIN } from './limits.js';
import { MEMBERSHIP_REQUESTS, stored } from './membership-requests.js';

/** The medics and rows that the requests are about. */
export interface Scene extends HospitalScene {
  /** A medic whom the admin created. */
  readonly created: Actor;
  /** Another ADMIN, whose membership has an end. */
  readonly locum: Actor;
  /** A service account with every scope. */
  readonly asker: Keyholder;
}

/** Whoever has a key. */
interface Keyholder {
  readonly token: string;
}

/**
 * Creates a hospital and medics, so that each request finds what it is about.
 * @param asker the key of a service account with every scope
 */
export async function givenScene(given: Given, asker: Keyholder): Promise<Scene> {
  const scene = await given.hospital();
  const created = await given.medic({ createdById: scene.admin.id });
  const locum = await given.medic();
  await given.membership(locum, scene.hospital, { type: MembershipType.ADMIN, ...WITHIN });
  return { ...scene, created, locum, asker };
}

/** Caller, method and path below `/api/v2`, or from the root if it starts with `//`, body and further headers. */
export type Sent = readonly [
  by: Keyholder,
  method: string,
  path: string,
  body?: object | undefined,
  headers?: Record<string, string>,
];

/** A request and its upper bound of round trips. */
export interface Request {
  readonly budget: number;
  readonly send: (scene: Scene) => Sent;
}

const aSecondAgo = () => new Date(Date.now() - 1000).toISOString();

const MEMBERSHIPS = '/management/memberships/';

/** One request for each endpoint that reads the database; each succeeds on a new scene. */
export const REQUESTS: Record<string, Request> = {
  'GET /management/memberships/': { budget: READ, send: ({ admin }) => [admin, 'GET', MEMBERSHIPS] },
  'GET /management/memberships/?offset= behind the end': {
    budget: READ,
    send: ({ admin }) => [admin, 'GET', `${MEMBERSHIPS}?offset=1000`],
  },
  'GET /management/memberships/?managed=true': {
    budget: READ,
    send: ({ admin }) => [admin, 'GET', `${MEMBERSHIPS}?managed=true`],
  },
  'GET /management/memberships/{id}': {
    budget: 1,
    send: ({ admin, membership }) => [admin, 'GET', `${MEMBERSHIPS}${String(membership)}`],
  },
  'GET /management/memberships/{id}/history/': {
    budget: READ,
    send: ({ admin, membership }) => [admin, 'GET', `${MEMBERSHIPS}${String(membership)}/history/`],
  },
  'GET /memberships/{hospital}/history/': {
    budget: READ,
    send: ({ admin, hospital }) => [admin, 'GET', `/memberships/${String(hospital)}/history/`],
  },
  'GET /memberships/{hospital}/history/?medic=': {
    budget: READ,
    send: ({ admin, hospital, member }) => [
      admin,
      'GET',
      `/memberships/${String(hospital)}/history/?medic=${String(member.id)}`,
    ],
  },
  'GET /memberships/{hospital}': {
    budget: READ,
    send: ({ admin, hospital }) => [admin, 'GET', `/memberships/${String(hospital)}`],
  },
  'GET /memberships/{hospital}?at=': {
    budget: READ + 1,
    send: ({ admin, hospital }) => [admin, 'GET', `/memberships/${String(hospital)}?at=${aSecondAgo()}`],
  },
  'GET /memberships/{hospital}?limit=': {
    budget: READ,
    send: ({ admin, hospital }) => [admin, 'GET', `/memberships/${String(hospital)}?limit=1`],
  },
  'GET /locations/': { budget: READ, send: ({ admin }) => [admin, 'GET', '/locations/'] },
  'GET /hospital/': { budget: READ, send: ({ admin }) => [admin, 'GET', '/hospital/'] },
  'GET /hospital/{id}': {
    budget: READ,
    send: ({ admin, hospital }) => [admin, 'GET', `/hospital/${String(hospital)}`],
  },
  'GET /medics/': { budget: READ, send: ({ admin }) => [admin, 'GET', '/medics/'] },
  'GET /medics/{id}': { budget: READ, send: ({ admin, created }) => [admin, 'GET', `/medics/${String(created.id)}`] },
  'GET /search/medics/': {
    budget: READ,
    send: ({ admin, created }) => [admin, 'GET', `/search/medics/?query=${created.email}`],
  },
  ...MEMBERSHIP_REQUESTS,
  'PATCH /locations/update/': {
    budget: WRITE,
    send: ({ admin, hospital }) => [admin, 'PATCH', '/locations/update/', { hospital_id: hospital }],
  },
  'POST /hospital/': { budget: WRITE, send: ({ admin }) => [admin, 'POST', '/hospital/', HOSPITAL] },
  'POST /hospital/ with Idempotency-Key': {
    budget: STORED_WRITE,
    send: ({ admin }) => [admin, 'POST', '/hospital/', HOSPITAL, stored()],
  },
  'PATCH /hospital/{id}': {
    budget: WRITE,
    send: ({ admin, hospital }) => [admin, 'PATCH', `/hospital/${String(hospital)}`, { name: 'Other' }],
  },
  'PATCH /hospital/{id} with If-Match': {
    budget: WRITE,
    send: ({ admin, hospital }) => [
      admin,
      'PATCH',
      `/hospital/${String(hospital)}`,
      { name: 'Other' },
      { 'if-match': '*' },
    ],
  },
  'POST /medics/': { budget: WRITE, send: ({ admin }) => [admin, 'POST', '/medics/', medicBody()] },
  'POST /medics/ with hospital': {
    budget: WRITE,
    send: ({ admin, hospital }) => [admin, 'POST', '/medics/', medicBody({ hospital })],
  },
  'POST /medics/ with Idempotency-Key': {
    budget: STORED_WRITE,
    send: ({ admin }) => [admin, 'POST', '/medics/', medicBody(), stored()],
  },
  'PATCH /medics/{id}': {
    budget: WRITE,
    send: ({ admin, created }) => [admin, 'PATCH', `/medics/${String(created.id)}`, { name: 'Other' }],
  },
  'PATCH /medics/{id} with If-Match': {
    budget: WRITE,
    send: ({ admin, created }) => [
      admin,
      'PATCH',
      `/medics/${String(created.id)}`,
      { name: 'Other' },
      { 'if-match': '*' },
    ],
  },
  'PATCH /medics/{id} with hospital': {
    budget: WRITE,
    send: ({ admin, created, hospital }) => [admin, 'PATCH', `/medics/${String(created.id)}`, { hospital }],
  },
  'POST /token-auth/rotate': { budget: WRITE, send: ({ admin }) => [admin, 'POST', '/token-auth/rotate'] },
  ...DECISION_REQUESTS,
  'DELETE /token-auth': { budget: WRITE, send: ({ admin }) => [admin, 'DELETE', '/token-auth'] },
};

/** Sends a request that must succeed to the service at `url`. @returns the body */
export async function sendGranted(url: string, [by, method, path, body, headers]: Sent): Promise<string> {
  const response = await fetch(url + (path.startsWith('//') ? path.slice(1) : API + path), {
    method,
    headers: {
      authorization: `Token ${by.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  expect({ path, ok: response.ok }).toEqual({ path, ok: true });
  return text;
}
