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
    schema: { example?: string | number };
  }[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> };
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** The first hospital has no picture yet, so that none can be read. */
const WITHOUT_DATA = ['getPicture: 404'];

test('on a new database the first medic runs every operation in order, with its prefilled example', async () => {
  const medic = await service.given.medic();
  const document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as OpenApi;
  const failures: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      // No medic may call it.
      if (operation['x-scope'] !== undefined) continue;
      const { status } = await send(medic.token, path, method, operation);
      if (status >= 300) failures.push(`${operation.operationId}: ${String(status)}`);
    }
  }
  expect(failures).toEqual(WITHOUT_DATA);
});

test('the demo service account runs every example of the Authorization API, about the first medic and hospital', async () => {
  const { key } = await givenService(service);
  const document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as OpenApi;
  const decisions: unknown[] = [];
  for (const [path, { post }] of Object.entries(document.paths)) {
    if (post === undefined || !path.startsWith('/access/')) continue;
    const examples = Object.values(post.requestBody?.content['application/json']?.examples ?? {});
    expect(examples.length).toBeGreaterThan(0);
    for (const { value } of examples) {
      const response = await fetch(service.client.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(value),
      });
      expect([path, response.status]).toEqual([path, 200]);
      decisions.push(((await response.json()) as { decision?: boolean }).decision);
    }
  }
  expect(decisions).toContain(true);
});

/** Sends the request that the page sends after "Try it out" and "Execute". */
function send(key: string, path: string, method: string, { parameters = [], requestBody }: Operation) {
  const url = new URL(service.client.url + path);
  for (const parameter of parameters) {
    const example = parameter.example ?? parameter.schema.example;
    if (example === undefined) continue;
    if (parameter.in === 'query') url.searchParams.set(parameter.name, String(example));
    else url.pathname = decodeURIComponent(url.pathname).replace(`{${parameter.name}}`, String(example));
  }
  const [example] = Object.values(requestBody?.content['application/json']?.examples ?? {});
  return fetch(url, {
    method: method.toUpperCase(),
    headers: { authorization: `Token ${key}`, 'content-type': 'application/json' },
    ...(example === undefined ? {} : { body: JSON.stringify(example.value) }),
  });
}
