import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { PERMISSIONS } from '../../src/access/permission.js';
import { useService } from '../support/service.js';

const service = useService();

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Answered {
  $ref?: string;
  description?: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}

interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  'x-permission'?: string;
  'x-scope'?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; required?: boolean; schema: object; example?: unknown }[];
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
  info: { description: string };
  components: { schemas: Record<string, Schema>; responses: Record<string, Answered> };
}

let document: OpenApi;
let operations: { name: string; method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  document = (await (await fetch(`${service.client.url}/openapi.json`)).json()) as OpenApi;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const responses = Object.entries(operation.responses).map(([status, answer]) => [status, resolved(answer)]);
      const complete = { ...operation, responses: Object.fromEntries(responses) as Operation['responses'] };
      return { name: `${method} ${path}`, method, path, operation: complete };
    }),
  );
});

/** @returns the response, or the shared one that it refers to */
function resolved(answer: Answered): Answered {
  const shared = document.components.responses[answer.$ref?.split('/').at(-1) ?? ''];
  return answer.$ref === undefined ? answer : { ...shared };
}

/** @returns the names of the operations for which `isWrong` holds */
function wrong(isWrong: (operation: Operation, method: string, path: string) => boolean): string[] {
  return operations.filter((o) => isWrong(o.operation, o.method, o.path)).map(({ name }) => name);
}

function lacks(operation: Operation, ...statuses: number[]): boolean {
  const hasJson = (content: object) =>
    Object.keys(content).some((type) => /^application\/(problem\+)?json$/.test(type));
  return statuses.some((status) => !hasJson(operation.responses[status]?.content ?? {}));
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

  test('the OpenAPI document says of each operation who may call it, as the table of permissions does', () => {
    const whoOf = ({ 'x-permission': permission, 'x-scope': scope }: Operation) => {
      if (scope !== undefined) return `a service account with the scope \`${scope}\``;
      return permission === undefined
        ? 'anyone, without a token'
        : PERMISSIONS[permission as keyof typeof PERMISSIONS].who;
    };
    const isSilent = (operation: Operation) =>
      operation.description?.startsWith(`**Who:** ${whoOf(operation)}.`) !== true ||
      ((operation['x-permission'] ?? operation['x-scope']) === undefined) !== isPublic(operation);
    expect(wrong(isSilent)).toEqual([]);
  });

  test('every operation in the OpenAPI document lists the common refusals', () => {
    expect(wrong((operation) => !isPublic(operation) && lacks(operation, 400, 401, 406, 429, 503))).toEqual([]);
    expect(wrong((operation, method) => /post|patch/.test(method) && lacks(operation, 400, 413, 415))).toEqual([]);
    expect(wrong((operation, method) => method === 'delete' && lacks(operation, 413))).toEqual([]);
    expect(wrong((operation) => operation.requestBody !== undefined && lacks(operation, 400, 413, 415))).toEqual([]);
    expect(wrong((operation) => operation['x-scope'] !== undefined && lacks(operation, 403))).toEqual([]);
    expect(wrong((operation, _, path) => path.includes('{') && lacks(operation, 404))).toEqual([]);
    // The HTTP parser sends them.
    expect(wrong((operation) => lacks(operation, 408) || lacks(operation, 431))).toEqual([]);
  });

  test.each([
    ['401', 'WWW-Authenticate'],
    ['403', 'WWW-Authenticate'],
    ['429', 'Retry-After'],
    ['503', 'Retry-After'],
  ])('every documented %s carries the header %s', (status, header) => {
    const isSilent = ({ responses }: Operation) => {
      const { headers } = responses[status] ?? { headers: { [header]: {} } };
      return headers?.[header] === undefined;
    };
    const isPage = (path: string) => path.startsWith('/health');
    expect(wrong((operation, _, path) => !isPage(path) && isSilent(operation))).toEqual([]);
  });

  test('every operation for service accounts has the Bearer scheme, and every other the Token scheme or none', () => {
    const schemesOf = ({ security = [] }: Operation) => security.flatMap((schemes) => Object.keys(schemes));
    const expected = (operation: Operation) => {
      if (operation['x-scope'] !== undefined) return ['Bearer'];
      return isPublic(operation) ? [] : ['Token'];
    };
    expect(wrong((operation) => schemesOf(operation).join() !== expected(operation).join())).toEqual([]);
  });

  test('the OpenAPI document describes the rules of every operation, and the callers, errors and limits in its introduction', () => {
    expect(wrong(({ description = '' }) => !/\*\*Rules:\*\* .+\n\n\*\*Changes:\*\* .+/.test(description))).toEqual([]);
    expect(document.info.description).toMatch(/ADMIN.*MEMBER|MEMBER.*ADMIN/s);
    for (const heading of ['Callers', 'Keys', 'Errors', 'Lists', 'Limits']) {
      expect(document.info.description).toContain(`## ${heading}\n`);
    }
  });

  test('the OpenAPI document names its schemas as clients would, and each example by its reason', () => {
    expect(Object.keys(document.components.schemas).filter((name) => name.endsWith('Dto'))).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('"reason1"');
  });

  test('the OpenAPI document prefills no optional parameter, apart from those without which nothing is found', () => {
    // The email of a search, and one of the two parameters that name the entry of a proof.
    const NEEDED = ['query', 'position'];
    const prefilled = ({ parameters = [] }: Operation) =>
      parameters.some(
        ({ name, required, example, schema }) =>
          required !== true && !NEEDED.includes(name) && (example !== undefined || 'example' in schema),
      );
    expect(wrong(prefilled)).toEqual([]);
  });

  test('the OpenAPI document lists the operations of open standards under tags of their own, in the order of the contract', () => {
    const names = document.tags.map(({ name }) => name);
    const between = names.slice(names.indexOf('Pictures') + 1, names.indexOf('Health'));
    expect(between.map((tag) => [tag, wrong(({ tags }) => tags?.[0] === tag)])).toEqual([
      ['Introspection', ['post /oauth2/introspect']],
      [
        'Decisions',
        [
          'post /access/v1/evaluation',
          'post /access/v1/evaluations',
          'post /access/v1/search/subject',
          'post /access/v1/search/resource',
          'post /access/v1/search/action',
          'get /.well-known/authzen-configuration',
        ],
      ],
      ['Events', ['get /events']],
      [
        'Evidence',
        [
          'get /record/checkpoint',
          'get /record/proof',
          'get /record/tile/entries/{path}',
          'get /record/tile/{level}/{path}',
          'get /.well-known/jwks.json',
        ],
      ],
    ]);
  });

  test('the OpenAPI document ends with the operation that revokes the key of the request', () => {
    expect(document.tags.at(-1)?.name).toBe('Tokens');
    expect(operations.at(-1)?.operation.operationId).toBe('revokeToken');
  });

  test('every operation for medics that accepts JSON accepts a form', () => {
    const types = ({ requestBody }: Operation) => Object.keys(requestBody?.content ?? {});
    const isOneSided = (operation: Operation) =>
      operation['x-scope'] === undefined &&
      types(operation).includes('application/json') &&
      !types(operation).includes('application/x-www-form-urlencoded');
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
