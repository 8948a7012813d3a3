import { randomUUID } from 'node:crypto';
import type { Actor } from './actor.js';
import { HOSPITAL, medicBody } from './bodies.js';
import { API } from './client.js';
import { DECISION_REQUESTS } from './decision-requests.js';
import type { HospitalScene } from './given.js';

/** Upper bounds in round trips to the database; statements sent together are one round trip. */
const READ = 2;
const WRITE = 4;
/** Storing the response takes one more. */
const STORED_WRITE = WRITE + 1;

const stored = () => ({ 'idempotency-key': randomUUID() });

/** The medics and rows that the requests are about. */
export interface Scene extends HospitalScene {
  /** A medic whom the admin created. */
  readonly created: Actor;
  /** A service account with every scope. */
  readonly asker: Keyholder;
}

/** Whoever has a key. */
interface Keyholder {
  readonly token: string;
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
  'POST /management/memberships/bulk/': {
    budget: WRITE,
    send: ({ admin, hospital, outsider, member }) => [
      admin,
      'POST',
      `${MEMBERSHIPS}bulk/`,
      { hospital, memberships: [{ medic: outsider.id }, { email: member.email }] },
    ],
  },
  'POST /management/memberships/': {
    budget: WRITE,
    send: ({ admin, hospital, outsider }) => [admin, 'POST', MEMBERSHIPS, { medic: outsider.id, hospital }],
  },
  'POST /management/memberships/ with is_active': {
    budget: WRITE,
    send: ({ admin, hospital, outsider }) => [
      admin,
      'POST',
      MEMBERSHIPS,
      { medic: outsider.id, hospital, is_active: true },
    ],
  },
  'POST /management/memberships/ with Idempotency-Key': {
    budget: STORED_WRITE,
    send: ({ admin, hospital, outsider }) => [admin, 'POST', MEMBERSHIPS, { medic: outsider.id, hospital }, stored()],
  },
  'PATCH /management/memberships/{id}': {
    budget: WRITE,
    send: ({ admin, membership }) => [
      admin,
      'PATCH',
      `${MEMBERSHIPS}${String(membership)}`,
      { type_membership: 'ADMIN' },
    ],
  },
  'PATCH /management/memberships/{id} with If-Match': {
    budget: WRITE,
    send: ({ admin, membership }) => [
      admin,
      'PATCH',
      `${MEMBERSHIPS}${String(membership)}`,
      { type_membership: 'ADMIN' },
      { 'if-match': '*' },
    ],
  },
  "PATCH /management/memberships/{id} of the caller's own": {
    budget: WRITE,
    send: ({ admin, adminship }) => [
      admin,
      'PATCH',
      `${MEMBERSHIPS}${String(adminship)}`,
      { type_membership: 'ADMIN' },
    ],
  },
  'PATCH /management/memberships/{id} with is_deleted': {
    budget: WRITE,
    send: ({ admin, membership }) => [admin, 'PATCH', `${MEMBERSHIPS}${String(membership)}`, { is_deleted: true }],
  },
  'DELETE /management/memberships/{id}': {
    budget: WRITE,
    send: ({ admin, membership }) => [admin, 'DELETE', `${MEMBERSHIPS}${String(membership)}`],
  },
  'DELETE /management/memberships/{id} with If-Match': {
    budget: WRITE,
    send: ({ admin, membership }) => [
      admin,
      'DELETE',
      `${MEMBERSHIPS}${String(membership)}`,
      undefined,
      { 'if-match': '*' },
    ],
  },
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
