import { readFileSync, writeFileSync } from 'node:fs';
import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import type { HospitalScene } from '../support/given.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const service = useService();

/** The budgets, in round trips to the database: the wait for one answer, whatever was asked for together. */
const READ = 2;
const WRITE = 4;

interface Scene extends HospitalScene {
  readonly created: Actor;
}

interface Request {
  readonly budget: number;
  readonly send: (scene: Scene) => readonly [by: Actor, method: string, path: string, body?: object];
}

const MEMBERSHIPS = '/management/memberships/';

const REQUESTS: Record<string, Request> = {
  'GET /management/memberships/': { budget: READ, send: ({ admin }) => [admin, 'GET', MEMBERSHIPS] },
  'GET /management/memberships/?managed=true': {
    budget: READ,
    send: ({ admin }) => [admin, 'GET', `${MEMBERSHIPS}?managed=true`],
  },
  'GET /management/memberships/{id}': {
    budget: READ,
    send: ({ admin, membership }) => [admin, 'GET', `${MEMBERSHIPS}${String(membership)}`],
  },
  'GET /memberships/{hospital}': {
    budget: READ,
    send: ({ admin, hospital }) => [admin, 'GET', `/memberships/${String(hospital)}`],
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
  'PATCH /management/memberships/{id}': {
    budget: WRITE,
    send: ({ admin, membership }) => [
      admin,
      'PATCH',
      `${MEMBERSHIPS}${String(membership)}`,
      { type_membership: 'ADMIN' },
    ],
  },
  'DELETE /management/memberships/{id}': {
    budget: WRITE,
    send: ({ admin, membership }) => [admin, 'DELETE', `${MEMBERSHIPS}${String(membership)}`],
  },
  'PATCH /locations/update/': {
    budget: WRITE,
    send: ({ admin, hospital }) => [admin, 'PATCH', '/locations/update/', { hospital_id: hospital }],
  },
  'POST /hospital/': { budget: WRITE, send: ({ admin }) => [admin, 'POST', '/hospital/', HOSPITAL] },
  'PATCH /hospital/{id}': {
    budget: WRITE,
    send: ({ admin, hospital }) => [admin, 'PATCH', `/hospital/${String(hospital)}`, { name: 'Other' }],
  },
  'POST /medics/': { budget: WRITE, send: ({ admin }) => [admin, 'POST', '/medics/', medicBody()] },
  'POST /medics/ with hospital': {
    budget: WRITE,
    send: ({ admin, hospital }) => [admin, 'POST', '/medics/', medicBody({ hospital })],
  },
  'PATCH /medics/{id}': {
    budget: WRITE,
    send: ({ admin, created }) => [admin, 'PATCH', `/medics/${String(created.id)}`, { name: 'Other' }],
  },
  'PATCH /medics/{id} with hospital': {
    budget: WRITE,
    send: ({ admin, created, hospital }) => [admin, 'PATCH', `/medics/${String(created.id)}`, { hospital }],
  },
  'POST /token-auth/rotate': { budget: WRITE, send: ({ admin }) => [admin, 'POST', '/token-auth/rotate'] },
  'DELETE /token-auth': { budget: WRITE, send: ({ admin }) => [admin, 'DELETE', '/token-auth'] },
};

interface Cost {
  readonly statements: number;
  readonly trips: number;
}

/** Counts what is sent to the database while `work` is done; what one turn of the event loop sends on a connection is one trip. */
async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const cost = { statements: 0, trips: 0 };
  const sending = new Set<unknown>();
  const stop = listen((client) => {
    cost.statements += 1;
    if (sending.has(client)) return;
    cost.trips += 1;
    sending.add(client);
    setImmediate(() => sending.delete(client));
  });
  await work().finally(stop);
  return cost;
}

async function measure({ send }: Request): Promise<Cost> {
  const scene = await service.given.hospital();
  const created = await service.given.medic({ createdById: scene.admin.id });
  const [by, method, path, body] = send({ ...scene, created });
  return costOf(async () => {
    const response = await fetch(`${service.client.url}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Token ${by.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    expect({ path, ok: response.ok }).toEqual({ path, ok: true });
  });
}

const DOCUMENT = 'docs/performance.md';
const BETWEEN = /(<!-- round trips -->\n)[^]*?(<!-- end of round trips -->)/;

function tableOf(costs: [string, Cost][]): string {
  const rows = costs.map(([name, { statements, trips }]) => [`\`${name}\``, String(trips), String(statements)]);
  const table = [['request', 'round trips', 'statements'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `\n${lines.join('\n')}\n\n`;
}

test('each request keeps its budget of round trips, and docs/performance.md says what it costs', async () => {
  // Connections that are opened first ask who answers them.
  for (const request of Object.values(REQUESTS)) await measure(request);
  const costs: [string, Cost][] = [];
  for (const [name, request] of Object.entries(REQUESTS)) costs.push([name, await measure(request)]);
  for (const [name, { trips }] of costs)
    expect({ name, isKept: trips <= (REQUESTS[name]?.budget ?? 0) }).toEqual({ name, isKept: true });
  const document = readFileSync(DOCUMENT, 'utf8');
  const written = document.replace(BETWEEN, (_, start: string, end: string) => `${start}${tableOf(costs)}${end}`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, written);
  else expect(document).toBe(written);
});
