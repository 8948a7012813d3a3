import { useService } from '../support/service.js';

const service = useService();

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
