/**
 * Walks through the API with a client generated from the OpenAPI document, given the service's URL and a key.
 * It is compiled on its own, because the generated types exist only there.
 */
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const [, , baseUrl = '', key = ''] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Token ${key}` } });

function got<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const hospital = got(
  await client.POST('/api/v2/hospital', {
    body: { name: 'Walk', patron: 'WALK', location: 'Monterrey', contact: '81' },
  }),
);
const medic = got(
  await client.POST('/api/v2/medics', {
    body: { name: 'Ana', email: 'ana@walk.example.org', password: 'a long password' },
  }),
);
const created = got(
  await client.POST('/api/v2/management/memberships', { body: { medic: medic.id, hospital: hospital.id } }),
);
const path = { id: created.id };
const changed = got(
  await client.PATCH('/api/v2/management/memberships/{id}', {
    params: { path },
    body: { type_membership: 'ADMIN' },
  }),
);
const list = got(await client.GET('/api/v2/memberships/{id}', { params: { path: { id: hospital.id } } }));
const removed = got(await client.DELETE('/api/v2/management/memberships/{id}', { params: { path } }));
const refused = await client.GET('/api/v2/management/memberships/{id}', { params: { path: { id: 2147483647 } } });

process.stdout.write(
  JSON.stringify({
    type: changed.type_membership,
    listed: list.map((membership) => membership.medic.email),
    deleted: removed.is_deleted,
    refused: refused.error?.message,
  }),
);
