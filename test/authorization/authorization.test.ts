import { readFileSync, writeFileSync } from 'node:fs';
import { useService } from '../support/service.js';
import { MATRIX, type Row } from './matrix.js';
import { ACTORS, sceneOf, type Scene } from './scene.js';

const DOCUMENT = 'docs/authorization.md';
const service = useService();

async function tryRoute(row: Row, scene: Scene, headers: Record<string, string>): Promise<string> {
  const body = row.body?.(scene);
  const answer = await service.client.send(row.method, row.path(scene), { headers, ...(body ? { body } : {}) });
  const { message } = (answer.json ?? {}) as { message?: string };
  return answer.status >= 400 ? `${String(answer.status)} ${message ?? ''}` : String(answer.status);
}

describe.each(MATRIX)('$operation: $method $route', (row) => {
  let scene: Scene | undefined;

  test.each(ACTORS.map((actor) => [actor, row.expected[actor]] as const))('%s: %s', async (actor, expected) => {
    scene ??= await sceneOf(service);
    const got = await tryRoute(row, scene, scene.headers[actor]);
    // What succeeded may have changed the scene; a refusal, as the client checks, has not.
    if (row.method !== 'GET' && /^2/.test(got)) scene = undefined;
    expect(got).toBe(expected);
  });
});

test('every route of the API has its row', async () => {
  const document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const operations = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(MATRIX.map(({ operation }) => operation).sort()).toEqual(operations.sort());
});

test(`${DOCUMENT} is what the table says; UPDATE_DOCS=1 writes it`, () => {
  const text = documentOf(MATRIX);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, text);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(text);
});

function documentOf(rows: readonly Row[]): string {
  const cell = (text: string) => text.replace('401 Invalid Token', '401 ¹').replace('401 Unauthorized Medic', '401 ²');
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    '# Who gets what',
    '',
    'Generated from `test/authorization/matrix.ts`, every cell of which a test sends over HTTP on both databases; after each refusal it checks that no row has changed. `{medic}` and `{membership}` are those of the membership’s own medic, who is a `MEMBER` of `{hospital}`; the creator of the medic does not belong to it.',
    '',
    '¹ `Invalid Token` ² `Unauthorized Medic`',
    '',
    '<!-- prettier-ignore -->',
    line(['route', ...ACTORS]),
    line(['---', ...ACTORS.map(() => '---')]),
    ...rows.map((row) => line([`\`${row.method} ${row.route}\``, ...ACTORS.map((actor) => cell(row.expected[actor]))])),
    '',
  ].join('\n');
}
