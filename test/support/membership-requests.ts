import { randomUUID } from 'node:crypto';
import { STORED_WRITE, WRITE } from './budgets.js';
import type { Request } from './requests.js';

const MEMBERSHIPS = '/management/memberships/';
const AN_END = { valid_until: '2999-01-01T00:00:00Z' };

/** @returns the header of a creation whose response is stored */
export const stored = () => ({ 'idempotency-key': randomUUID() });

/** The requests that write memberships. */
export const MEMBERSHIP_REQUESTS: Record<string, Request> = {
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
  'POST /management/memberships/ with valid_until': {
    budget: WRITE,
    send: ({ admin, hospital, outsider }) => [admin, 'POST', MEMBERSHIPS, { medic: outsider.id, hospital, ...AN_END }],
  },
  'POST /management/memberships/ by an ADMIN who is limited': {
    budget: WRITE,
    send: ({ locum, hospital, outsider }) => [locum, 'POST', MEMBERSHIPS, { medic: outsider.id, hospital }],
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
  'PATCH /management/memberships/{id} by an ADMIN who is limited': {
    budget: WRITE,
    send: ({ locum, membership }) => [
      locum,
      'PATCH',
      `${MEMBERSHIPS}${String(membership)}`,
      { type_membership: 'ADMIN' },
    ],
  },
  'PATCH /management/memberships/{id} with valid_until': {
    budget: WRITE,
    send: ({ admin, membership }) => [admin, 'PATCH', `${MEMBERSHIPS}${String(membership)}`, AN_END],
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
};
