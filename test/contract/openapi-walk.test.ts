import { newPem, useFolder, write } from '../support/key-files.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

// Without a key, receipts would be a 501.
const service = useService({ SIGNING_KEY_FILE: write(useFolder(), 'key.pem', newPem()) });

interface Operation {
  operationId: string;
  'x-scope'?: string;
  parameters?: {
    in: 'path' | 'query';
    name: string;
    example?: string | number;
    schema: { example?: string | number; default?: string | number };
  }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, object> }>;
}

interface Media {
  examples?: Record<string, { value: object }>;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** The first hospital has no picture yet, so that none can be read. */
const WITHOUT_DATA = ['getPicture: 404'];

interface OperationAt {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

async function operations(): Promise<OperationAt[]> {
  const { paths } = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as OpenApi;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

test('on a new database the first medic runs every operation in order, with its prefilled example', async () => {
  const medic = await service.given.medic();
  const failures: string[] = [];
  for (const each of await operations()) {
    const { operation } = each;
    // No medic may call it.
    if (operation['x-scope'] !== undefined) continue;
    const [example] = examplesOf(operation);
    const { status } = await send(`Token ${medic.token}`, each, example);
    if (status >= 300) failures.push(`${operation.operationId}: ${String(status)}`);
  }
  expect(failures).toEqual(WITHOUT_DATA);
});

test('after that, the demo service account runs every operation for services with each of its examples and media types', async () => {
  const { key } = await givenService(service);
  const seen: string[] = [];
  const decisions: unknown[] = [];
  for (const each of (await operations()).filter(({ operation }) => operation['x-scope'] !== undefined)) {
    const { method, operation } = each;
    const examples = examplesOf(operation);
    if (method === 'post') expect(examples.length).toBeGreaterThan(0);
    for (const example of examples.length === 0 ? [undefined] : examples) {
      for (const accept of Object.keys(operation.responses['200']?.content ?? {})) {
        const response = await send(`Bearer ${key}`, each, example, accept);
        expect([each.path, accept, response.status]).toEqual([each.path, accept, 200]);
        expect(response.headers.get('content-type')).toContain(accept);
        // An event stream never ends.
        if (accept === 'application/json') decisions.push(((await response.json()) as { decision?: boolean }).decision);
        else await response.body?.cancel();
        seen.push(operation.operationId);
      }
    }
  }
  expect(decisions).toContain(true);
  expect([...new Set(seen)].sort()).toEqual([
    'evaluate',
    'evaluateAll',
    'getCheckpoint',
    'getEntryBundle',
    'getProof',
    'getTile',
    'introspect',
    'listEvents',
    'searchActions',
    'searchResources',
    'searchSubjects',
  ]);
});

interface Example {
  readonly type: string;
  readonly value: object;
}

/** @returns the examples of the body in its first media type, the prefilled one first */
function examplesOf({ requestBody }: Operation): Example[] {
  const [[type, { examples = {} }] = ['', {}]] = Object.entries<Media>(requestBody?.content ?? {});
  return Object.values(examples).map(({ value }) => ({ type, value }));
}

/** Sends the request that the page sends after "Try it out" and "Execute". */
function send(
  authorization: string,
  { path, method, operation: { parameters = [] } }: OperationAt,
  example?: Example,
  accept = '*/*',
): Promise<Response> {
  const query = new URLSearchParams();
  let filled = path;
  for (const parameter of parameters) {
    const value = parameter.example ?? parameter.schema.example ?? parameter.schema.default;
    if (value === undefined) continue;
    if (parameter.in === 'query') query.set(parameter.name, String(value));
    // The page escapes slashes as well.
    else filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(value));
  }
  return fetch(`${service.client.url}${filled}?${query.toString()}`, {
    method: method.toUpperCase(),
    headers: { authorization, accept, 'content-type': example?.type ?? 'application/json' },
    ...(example === undefined ? {} : { body: bodyOf(example) }),
  });
}

function bodyOf({ type, value }: Example): string {
  if (type === 'application/json') return JSON.stringify(value);
  return new URLSearchParams(value as Record<string, string>).toString();
}
