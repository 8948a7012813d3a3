import { hashPassword } from '../../src/auth/password.js';
import { MAX_LIVE_TOKENS } from '../../src/auth/auth.errors.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import type { HospitalScene } from '../support/given.js';
import type { Service } from '../support/service.js';
import { givenService } from '../support/services.js';

/** A request that writes, and the entries that it must leave. */
export interface WriteRoute {
  /** Method and path of the OpenAPI document. */
  readonly operation: string;
  /** What is special about the request. */
  readonly title: string;
  readonly given: (service: Service, scene: HospitalScene) => Promise<Write> | Write;
  /** Types of the entries. */
  readonly types: readonly string[];
}

/** One request. */
export interface Write {
  /** The medic that the entries name. */
  readonly by: Actor;
  /** The key of the request: the medic's, unless it is another one, or none. */
  readonly authorization?: string | null;
  /** From the root of the server. */
  readonly path: string;
  readonly body?: object | undefined;
}

const PASSWORD = 'correct horse battery staple';

/** @returns a request of a route with an id in its path */
const on = (by: Actor, path: string, id: number, body?: object): Write => ({ by, path: path + String(id), body });

const MEMBERSHIPS = '/api/v2/management/memberships/';

async function login({ given }: Service, liveKeys: number): Promise<Write> {
  const by = await given.medic({ passwordHash: await hashPassword(PASSWORD) });
  for (let count = 1; count < liveKeys; count += 1) await given.token(by.id);
  return { by, authorization: null, path: '/api/v2/token-auth', body: { email: by.email, password: PASSWORD } };
}

/** Every operation of the document that is not a GET, in the variants that take different paths through the code. */
export const WRITE_ROUTES: readonly WriteRoute[] = [
  {
    operation: 'POST /api/v2/management/memberships',
    title: 'without a choice',
    given: (_, { admin, hospital, outsider }) => ({
      by: admin,
      path: MEMBERSHIPS,
      body: { medic: outsider.id, hospital },
    }),
    types: ['membership.created'],
  },
  {
    operation: 'POST /api/v2/management/memberships',
    title: 'with a choice',
    given: (_, { admin, hospital, outsider }) => ({
      by: admin,
      path: MEMBERSHIPS,
      body: { medic: outsider.id, hospital, is_active: true },
    }),
    types: ['membership.created'],
  },
  {
    operation: 'POST /api/v2/management/memberships/bulk',
    title: 'with two medics',
    given: (_, { admin, hospital, outsider, stranger }) => ({
      by: admin,
      path: `${MEMBERSHIPS}bulk/`,
      body: { hospital, memberships: [{ medic: outsider.id }, { email: stranger.email }] },
    }),
    types: ['membership.created', 'membership.created'],
  },
  {
    operation: 'PATCH /api/v2/management/memberships/{id}',
    title: 'with another type',
    given: (_, { admin, membership }) => on(admin, MEMBERSHIPS, membership, { type_membership: 'ADMIN' }),
    types: ['membership.changed'],
  },
  {
    operation: 'PATCH /api/v2/management/memberships/{id}',
    title: 'with the same type',
    given: (_, { admin, membership }) => on(admin, MEMBERSHIPS, membership, { type_membership: 'MEMBER' }),
    types: [],
  },
  {
    operation: 'PATCH /api/v2/management/memberships/{id}',
    title: 'without fields',
    given: (_, { admin, membership }) => on(admin, MEMBERSHIPS, membership),
    types: [],
  },
  {
    operation: 'PATCH /api/v2/management/memberships/{id}',
    title: "of the caller's own",
    given: (_, { admin, adminship }) => on(admin, MEMBERSHIPS, adminship, { is_active: false }),
    types: ['membership.changed'],
  },
  {
    operation: 'PATCH /api/v2/management/memberships/{id}',
    title: 'that removes',
    given: (_, { admin, membership }) => on(admin, MEMBERSHIPS, membership, { is_deleted: true }),
    types: ['membership.removed'],
  },
  {
    operation: 'PATCH /api/v2/management/memberships/{id}',
    title: 'that restores',
    given: async ({ given }, { admin, hospital, outsider }) => {
      const removed = await given.membership(outsider, hospital, { isDeleted: true });
      return on(admin, MEMBERSHIPS, removed, { is_deleted: false, type_membership: 'ADMIN' });
    },
    types: ['membership.restored'],
  },
  {
    operation: 'DELETE /api/v2/management/memberships/{id}',
    title: 'by an ADMIN',
    given: (_, { admin, membership }) => on(admin, MEMBERSHIPS, membership),
    types: ['membership.removed'],
  },
  {
    operation: 'DELETE /api/v2/management/memberships/{id}',
    title: 'by the medic',
    given: (_, { member, membership }) => on(member, MEMBERSHIPS, membership),
    types: ['membership.removed'],
  },
  {
    operation: 'PATCH /api/v2/locations/update',
    title: 'with another choice',
    given: async ({ given }, { member }) => {
      const hospital = await given.emptyHospital();
      await given.membership(member, hospital);
      return { by: member, path: '/api/v2/locations/update/', body: { hospital_id: hospital } };
    },
    types: ['membership.changed', 'membership.changed'],
  },
  {
    operation: 'POST /api/v2/hospital',
    title: 'as ADMIN',
    given: (_, { member }) => ({ by: member, path: '/api/v2/hospital/', body: HOSPITAL }),
    types: ['hospital.created', 'membership.created'],
  },
  {
    operation: 'PATCH /api/v2/hospital/{id}',
    title: 'that deactivates',
    given: (_, { admin, hospital }) => on(admin, '/api/v2/hospital/', hospital, { is_active: false }),
    types: ['hospital.deactivated'],
  },
  {
    operation: 'PATCH /api/v2/hospital/{id}',
    title: 'with another name',
    given: (_, { admin, hospital }) => on(admin, '/api/v2/hospital/', hospital, { name: 'Other' }),
    types: [],
  },
  {
    operation: 'POST /api/v2/medics',
    title: 'with a hospital',
    given: (_, { admin, hospital }) => ({ by: admin, path: '/api/v2/medics/', body: medicBody({ hospital }) }),
    types: ['medic.created', 'membership.created', 'token.issued'],
  },
  {
    operation: 'PATCH /api/v2/medics/{id}',
    title: 'that deactivates',
    given: (_, { member }) => on(member, '/api/v2/medics/', member.id, { is_active: false }),
    types: ['medic.deactivated'],
  },
  {
    operation: 'PATCH /api/v2/medics/{id}',
    title: 'with a new hospital',
    given: async ({ given }, { admin, hospital }) => {
      const created = await given.medic({ createdById: admin.id });
      return on(admin, '/api/v2/medics/', created.id, { hospital, is_admin_membership: true });
    },
    types: ['membership.created'],
  },
  {
    operation: 'PATCH /api/v2/medics/{id}',
    title: 'without a choice',
    given: (_, { member }) => on(member, '/api/v2/medics/', member.id, { hospital: null }),
    types: ['membership.changed'],
  },
  {
    operation: 'POST /api/v2/token-auth',
    title: 'by a medic with few keys',
    given: (service) => login(service, 1),
    types: ['token.issued'],
  },
  {
    operation: 'POST /api/v2/token-auth',
    title: 'that replaces the oldest log-in key',
    given: async (service) => {
      const write = await login(service, MAX_LIVE_TOKENS);
      await service.dataSource.query('UPDATE api_token SET is_login = true WHERE medic_id = $1', [write.by.id]);
      return write;
    },
    types: ['token.issued', 'token.revoked'],
  },
  {
    operation: 'POST /api/v2/token-auth/rotate',
    title: 'with a grace',
    given: (_, { member }) => ({ by: member, path: '/api/v2/token-auth/rotate/?grace=60' }),
    types: ['token.issued', 'token.rotated'],
  },
  {
    operation: 'DELETE /api/v2/token-auth',
    title: 'of one key',
    given: (_, { member }) => ({ by: member, path: '/api/v2/token-auth/' }),
    types: ['token.revoked'],
  },
  {
    operation: 'DELETE /api/v2/token-auth',
    title: 'of all other keys',
    given: async ({ given }, { member }) => {
      await given.token(member.id);
      await given.token(member.id);
      return { by: member, path: '/api/v2/token-auth/?all=true' };
    },
    types: ['token.revoked', 'token.revoked'],
  },
  {
    operation: 'POST /oauth2/introspect',
    title: 'by a service account',
    given: async (service, { member }) => {
      const { key } = await givenService(service, 'token:introspect');
      const body = new URLSearchParams({ token: member.token });
      return { by: member, authorization: `Bearer ${key}`, path: '/oauth2/introspect', body };
    },
    types: [],
  },
  ...['evaluation', 'evaluations', 'search/subject', 'search/resource', 'search/action'].map((name): WriteRoute => {
    const path = `/access/v1/${name}`;
    return {
      operation: `POST ${path}`,
      title: 'by a service account',
      given: async (service, { member, hospital }) => {
        const { key } = await givenService(service);
        const subject = { type: 'medic', id: String(member.id) };
        const resource = { type: 'hospital', id: String(hospital) };
        // A search reads only the type of the entities that it looks for.
        const body = { subject, resource, ...(name === 'search/action' ? {} : { action: { name: 'prescribe' } }) };
        return { by: member, authorization: `Bearer ${key}`, path, body };
      },
      types: [],
    };
  }),
];
