import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { useService } from '../support/service.js';

const service = useService();

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Answered {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}

interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; schema: object; example?: unknown }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answered>;
}

interface Schema {
  properties?: Record<string, object & { example?: unknown }>;
}

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: { schemas: Record<string, Schema> };
}

let document: OpenApi;
let operations: { name: string; method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as OpenApi;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, method, path, operation })),
  );
});

/** @returns the names of the operations for which `isWrong` holds */
function wrong(isWrong: (operation: Operation, method: string, path: string) => boolean): string[] {
  return operations.filter((o) => isWrong(o.operation, o.method, o.path)).map(({ name }) => name);
}

function lacks(operation: Operation, ...statuses: number[]): boolean {
  return statuses.some((status) => operation.responses[status]?.content?.['application/json'] === undefined);
}

const isPublic = ({ security }: Operation) => security?.length === 0;

describe('the OpenAPI document', () => {
  test('the OpenAPI document has version 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
  });

  test('every operation in the OpenAPI document has a unique id', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test('every operation in the OpenAPI document has a summary, a tag and its responses', () => {
    const tags = document.tags.map(({ name }) => name);
    expect(wrong(({ summary = '' }) => summary === '')).toEqual([]);
    expect(wrong((operation) => operation.tags?.length !== 1)).toEqual([]);
    expect(wrong((operation) => !tags.includes(operation.tags?.[0] ?? ''))).toEqual([]);
    const hasSuccess = ({ responses }: Operation) => {
      const statuses = Object.keys(responses).filter((status) => status.startsWith('2'));
      const media = Object.values(responses[statuses[0] ?? '']?.content ?? {})[0];
      return statuses.length === 1 && (statuses[0] === '204' || Object.keys(media?.schema ?? {}).length > 0);
    };
    expect(wrong((operation) => !hasSuccess(operation))).toEqual([]);
  });

  test('every operation in the OpenAPI document lists the common refusals', () => {
    expect(wrong((operation) => !isPublic(operation) && lacks(operation, 400, 401, 406, 429, 503))).toEqual([]);
    expect(wrong((operation, method) => /post|patch/.test(method) && lacks(operation, 400, 413, 415))).toEqual([]);
    expect(wrong((operation, method) => method === 'delete' && lacks(operation, 413))).toEqual([]);
    expect(wrong((operation) => operation.requestBody !== undefined && lacks(operation, 400, 413, 415))).toEqual([]);
    expect(wrong((operation, _, path) => path.includes('{') && lacks(operation, 404))).toEqual([]);
  });

  test.each([
    ['401', 'WWW-Authenticate'],
    ['429', 'Retry-After'],
    ['503', 'Retry-After'],
  ])('every documented %s carries the header %s', (status, header) => {
    const isSilent = ({ responses }: Operation) => {
      const { headers } = responses[status] ?? { headers: { [header]: {} } };
      return headers?.[header] === undefined;
    };
    expect(wrong((operation, _, path) => path.startsWith('/api') && isSilent(operation))).toEqual([]);
  });

  test('every operation that accepts JSON accepts a form', () => {
    const types = ({ requestBody }: Operation) => Object.keys(requestBody?.content ?? {});
    const isOneSided = (operation: Operation) =>
      types(operation).includes('application/json') && !types(operation).includes('application/x-www-form-urlencoded');
    expect(wrong(isOneSided)).toEqual([]);
  });

  test('every example in the OpenAPI document matches its schema', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'document');
    const problems: string[] = [];
    let examples = 0;
    const check = (where: string, schema: object, example: unknown) => {
      examples += 1;
      const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
      if (!ajv.validate(local, example)) problems.push(`${where}: ${ajv.errorsText()}`);
    };
    const checkMedia = (where: string, media: Media) => {
      if ('example' in media) check(where, media.schema, media.example);
      for (const { value } of Object.values(media.examples ?? {})) check(where, media.schema, value);
    };
    for (const { name, operation } of operations) {
      for (const { name: parameter, schema, example } of operation.parameters ?? []) {
        if (example !== undefined) check(`${name} ${parameter}`, schema, example);
      }
      for (const media of Object.values(operation.requestBody?.content ?? {})) checkMedia(name, media);
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const media of Object.values(content)) checkMedia(`${name} ${status}`, media);
      }
    }
    for (const [name, { properties = {} }] of Object.entries(document.components.schemas)) {
      for (const [property, schema] of Object.entries(properties)) {
        if ('example' in schema) check(`${name}.${property}`, schema, schema.example);
      }
    }
    expect(problems).toEqual([]);
    expect(examples).toBeGreaterThan(100);
  });
});

describe('public pages', () => {
  test.each(['/docs', '/docs/'])('the page %s and all its resources are served by this process', async (path) => {
    const page = await fetch(service.client.url + path);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    const html = await page.text();
    const references = [...html.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThan(3);
    for (const reference of references) {
      const url = new URL(reference, page.url);
      expect(url.origin).toBe(service.client.url);
      const asset = await fetch(url);
      expect([reference, asset.status]).toEqual([reference, 200]);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
    expect(html).toContain('Hospital Memberships');
  });

  test('the page /docs has an Authorize button for the scheme Token', async () => {
    const script = await (await fetch(`${service.client.url}/docs/swagger-ui-init.js`)).text();
    expect(script).toContain('"securitySchemes"');
    expect(script).toContain('"name": "Authorization"');
  });

  test.each(['/openapi.json', '/health/live', '/health/ready'])('%s returns JSON without a token', async (path) => {
    const response = await fetch(service.client.url + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  });
});
