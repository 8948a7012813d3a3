import { readFileSync, writeFileSync } from 'node:fs';
import { PERMISSIONS } from '../../src/access/permission.js';
import { SCOPES } from '../../src/auth/scope.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useService } from '../support/service.js';
import type { Row } from './expected.js';
import { MATRIX } from './matrix.js';
import { ACTORS, sceneOf, type Scene } from './scene.js';
import {
  SERVICE_ACTORS,
  SERVICE_ROWS,
  serviceHeaders,
  type ServiceActorName,
  type ServiceRow,
} from './service-rows.js';

const DOCUMENT = 'docs/authorization.md';
const service = useService({ SIGNING_KEY_FILE: write(useFolder(), 'key.pem', newPem()) });

async function tryRoute(row: Row, scene: Scene, headers: Record<string, string>): Promise<string> {
  const body = row.body?.(scene);
  // The client looks after those that write only.
  const before = row.method === 'GET' ? await service.client.rows() : '';
  const answer = await service.client.send(row.method, row.path(scene), { headers, ...(body ? { body } : {}) });
  const status = String(answer.status);
  if (answer.status < 400) return row.isList === true ? `${status}, ${hasAny(answer.json) ? 'some' : 'none'}` : status;
  if (row.method === 'GET') expect(await service.client.rows()).toBe(before);
  const { message = '' } = (answer.json ?? {}) as { message?: string };
  return `${status} ${message.replace(/(hospital: )\d+$/, '$1{hospital}')}`;
}

/** @returns whether a list, or the page of one, has anything */
function hasAny(json: unknown): boolean {
  const list = Array.isArray(json) ? (json as unknown[]) : (json as { results: unknown[] }).results;
  return list.length > 0;
}

const titleOf = (row: Row) => `\`${row.method} ${row.route}\`${row.with === undefined ? '' : ` with \`${row.with}\``}`;

describe.each(MATRIX.map((row) => [titleOf(row), row] as const))('%s', (_, row) => {
  let scene: Scene | undefined;

  test.each(ACTORS.map((actor) => [actor, row.expected[actor]] as const))('%s: %s', async (actor, expected) => {
    scene ??= await sceneOf(service);
    const got = await tryRoute(row, scene, scene.headers[actor]);
    // What succeeded may have changed the scene; a refusal, as the client checks, has not.
    if (row.method !== 'GET' && /^2/.test(got)) scene = undefined;
    expect(got).toBe(expected);
  });
});

describe.each(SERVICE_ROWS.map((row) => [`\`${row.method} ${row.route}\``, row] as const))('%s', (_, row) => {
  let headers: Record<ServiceActorName, Record<string, string>>;
  beforeAll(async () => {
    headers = await serviceHeaders(service, row.scope);
  });

  test.each(SERVICE_ACTORS.map((actor) => [actor, row.expected[actor]] as const))('%s: %s', async (actor, expected) => {
    const { path, body } = row;
    const answer = await service.client.send(row.method, `/${path}`, {
      headers: headers[actor],
      ...(body === undefined ? {} : { body }),
    });
    const challenge = answer.headers.get('www-authenticate');
    expect(challenge === null ? String(answer.status) : `${String(answer.status)} ${challenge}`).toBe(expected);
  });
});

/** @returns operation -> the permission or scope that it needs; undefined if it is public */
async function permissionsOfOperations(): Promise<Map<string, string | undefined>> {
  const document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; 'x-permission'?: string; 'x-scope'?: string }>>;
  };
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  return new Map(
    operations.map(({ operationId, 'x-permission': permission, 'x-scope': scope }) => [
      operationId,
      permission ?? scope,
    ]),
  );
}

test('every route of the API has its row', async () => {
  const operations = [...(await permissionsOfOperations()).keys()];
  const rows = [...MATRIX, ...SERVICE_ROWS];
  expect([...new Set(rows.map(({ operation }) => operation))].sort()).toEqual(operations.sort());
});

test(`${DOCUMENT} is what the table says; UPDATE_DOCS=1 writes it`, async () => {
  const text = documentOf(MATRIX, await permissionsOfOperations());
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, text);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(text);
});

function lineOfService({ method, route, scope, expected }: ServiceRow): string {
  return `| \`${method} ${route}\` | \`${scope}\` | ${SERVICE_ACTORS.map((actor) => expected[actor]).join(' | ')} |`;
}

const FOOTNOTES = [
  ['¹', 'Invalid Token'],
  ['²', 'Unauthorized Medic'],
  ['³', 'You do not have sufficient permissions to assign this hospital: {hospital}'],
] as const;

function documentOf(rows: readonly Row[], permissions: ReadonlyMap<string, string | undefined>): string {
  const cell = (text: string) => FOOTNOTES.reduce((cell, [mark, message]) => cell.replace(message, mark), text);
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const permissionOf = ({ operation }: Row) => {
    const permission = permissions.get(operation);
    return permission === undefined ? 'public' : `\`${permission}\``;
  };
  return [
    '# Who gets what',
    '',
    'These tables are generated; a test fails if they are out of date.',
    '',
    '## Permissions',
    '',
    'Each route needs one permission of `src/access/permission.ts`, or is public. The OpenAPI document says the same of each operation.',
    '',
    '<!-- prettier-ignore -->',
    line(['permission', 'who']),
    line(['---', '---']),
    ...Object.entries(PERMISSIONS).map(([permission, { who }]) => line([`\`${permission}\``, who])),
    '',
    '## Routes',
    '',
    "Generated from `test/authorization/matrix.ts`. A test sends every cell over HTTP, on both databases, and checks after each refusal that no row has changed. `{medic}` and `{membership}` are those of the membership's own medic, who is a `MEMBER` of `{hospital}`; the creator of the medic does not belong to it. `{inactive}` is a hospital with `is_active: false` that has the same `ADMIN` and `MEMBER`s, and `{hidden membership}` is that medic's membership there. `{newcomer}` belongs to nothing and was created by the `ADMIN`. For some lists the table also says whether the response has some rows or none.",
    '',
    FOOTNOTES.map(([mark, message]) => `${mark} \`${message}\``).join(' '),
    '',
    '<!-- prettier-ignore -->',
    line(['route', 'permission', ...ACTORS]),
    line(['---', '---', ...ACTORS.map(() => '---')]),
    ...rows.map((row) => line([titleOf(row), permissionOf(row), ...ACTORS.map((actor) => cell(row.expected[actor]))])),
    '',
    '## Scopes of service accounts',
    '',
    'Routes outside `/api/v2` for internal services need a scope of `src/auth/scope.ts`. A service account can only read.',
    '',
    '<!-- prettier-ignore -->',
    line(['scope', 'lets a service account']),
    line(['---', '---']),
    ...Object.entries(SCOPES).map(([scope, what]) => line([`\`${scope}\``, what])),
    '',
    'Generated from `test/authorization/service-rows.ts`. A refusal is shown with its `WWW-Authenticate`.',
    '',
    '<!-- prettier-ignore -->',
    line(['route', 'scope', ...SERVICE_ACTORS]),
    line(['---', '---', ...SERVICE_ACTORS.map(() => '---')]),
    ...SERVICE_ROWS.map(lineOfService),
    '',
  ].join('\n');
}
