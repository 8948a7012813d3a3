import type { INestApplication } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { PERMISSIONS, type Permission } from '../access/permission.js';
import { PERMISSION_EXTENSION } from '../access/require.decorator.js';
import { TOKEN_SCHEME } from '../auth/authenticated.decorator.js';
import { BEARER_SCHEME } from '../auth/require-scope.decorator.js';
import { OPEN_SCHEMAS } from '../decisions/dto/open-schemas.js';
import { ErrorResponse, ValidationErrorResponse } from '../http/output/error.response.js';
import { API_PREFIX, isApiRoute } from '../http/server/http-rules.js';
import { INTRODUCTION, TAGS } from './openapi-introduction.js';
import {
  addLimitResponses,
  addParserResponses,
  addSharedResponses,
  sharedResponses,
  type Operation,
} from './shared-responses.js';
import { addStandardResponses, scopeOf, STANDARD_ERRORS } from './standard-responses.js';

type Paths = OpenAPIObject['paths'];

/** @returns the OpenAPI document of the application, with the responses that operations share */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, information(), {
    operationIdFactory: (_, method) => method,
    extraModels: [ErrorResponse, ValidationErrorResponse, ...STANDARD_ERRORS],
  });
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      complete(path, operation, method);
      sayWho(operation);
    }
  }
  document.paths = inOrderOfUse(document.paths);
  document.components = { ...document.components, responses: sharedResponses() };
  dropUnusedErrors(document);
  closeSchemas(document);
  return withPublicNames(document);
}

/** Serves the document as bytes that are made once. */
export function serveDocument(fastify: FastifyInstance, document: OpenAPIObject): void {
  const content = Buffer.from(JSON.stringify(document));
  const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  fastify.get('/openapi.json', { config: { isTagged: true } }, (_, reply) =>
    reply.header('etag', etag).type('application/json; charset=utf-8').send(content),
  );
}

function information(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hospital Memberships')
    .setDescription(INTRODUCTION)
    .setVersion('2')
    .addServer('/', 'This service')
    .addSecurity(TOKEN_SCHEME, {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: 'Paste your key (`hmk_…`). This page adds the word `Token`; other clients send `Token hmk_…`.',
    })
    .addSecurity(BEARER_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      description: 'The key (`hms_…`) of a service account, for the operations of services.',
    });
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const config = builder.build();
  config.info.contact = { name: 'The operator of this service' };
  config.info.license = { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' } as { name: string };
  return config;
}

/** Names the medic of the first example of a creation. */
const CSV_EXAMPLE = 'email,type_membership\nana.nunez@example.org,MEMBER\n';

function complete(path: string, operation: Operation, method: string): void {
  const scope = scopeOf(operation);
  if (scope !== undefined) {
    addStandardResponses(path, operation, method, scope);
    return;
  }
  if (!isApiRoute(path)) {
    operation.security = [];
    addParserResponses(operation);
    // Health checks are not limited.
    if (!path.startsWith('/health/')) addLimitResponses(operation);
    return;
  }
  operation.security ??= [];
  if (operation.requestBody !== undefined) {
    const body = operation.requestBody as { content: Record<string, unknown> };
    if ('text/csv' in body.content) body.content['text/csv'] = { schema: { type: 'string' }, example: CSV_EXAMPLE };
    body.content['application/x-www-form-urlencoded'] ??= body.content['application/json'];
  }
  addSharedResponses(path, operation, method);
}

/** Starts the description with who may call the operation, from the table of permissions or its scope. */
function sayWho(operation: Operation): void {
  const { [PERMISSION_EXTENSION]: permission } = operation as Operation & { [PERMISSION_EXTENSION]?: Permission };
  const scope = scopeOf(operation);
  const others = scope === undefined ? 'anyone, without a token' : `a service account with the scope \`${scope}\``;
  const who = permission === undefined ? others : PERMISSIONS[permission].who;
  operation.description = [`**Who:** ${who}.`, operation.description ?? ''].filter(Boolean).join('\n\n');
}

/** The path that revokes the key of the request: last, so that a collection made from the document can run in order. */
const LAST = `${API_PREFIX}/token-auth`;

/** @returns the paths in the order of their tags */
function inOrderOfUse(paths: Paths): Paths {
  const names = TAGS.map(([name]) => name);
  const position = ([path, operations]: [string, Paths[string]]) => {
    const [operation] = Object.values(operations as Record<string, Operation>);
    return path === LAST ? names.length : names.indexOf(operation?.tags?.[0] ?? '');
  };
  return Object.fromEntries(Object.entries(paths).sort((a, b) => position(a) - position(b)));
}

/** Removes the schemas of error formats that no operation has. */
function dropUnusedErrors(document: OpenAPIObject): void {
  const paths = JSON.stringify(document.paths);
  for (const { name } of STANDARD_ERRORS) {
    if (!paths.includes(`"#/components/schemas/${name}"`)) delete document.components?.schemas?.[name];
  }
}

/**
 * No response has a field that its schema lacks, and no request may have one, apart from those of {@link OPEN_SCHEMAS}.
 * An ignored field may hold any value.
 */
function closeSchemas(document: OpenAPIObject): void {
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    if (!('properties' in schema)) continue;
    if (!OPEN_SCHEMAS.includes(name)) schema.additionalProperties = false;
    for (const property of Object.values(schema.properties ?? {})) {
      if ('readOnly' in property) delete property.type;
    }
  }
}

/** @returns the document with `Membership` instead of `MembershipResponse`, `CreateMembership` instead of `…Dto` */
function withPublicNames(document: OpenAPIObject): OpenAPIObject {
  const publicName = (name: string) => name.replace(/Dto$|(?<!Error)Response$/, '');
  const text = JSON.stringify(document).replace(
    /("#\/components\/schemas\/)(\w+)"/g,
    (_, start: string, name: string) => `${start}${publicName(name)}"`,
  );
  const renamed = JSON.parse(text) as OpenAPIObject;
  const schemas = Object.entries(renamed.components?.schemas ?? {}).map(([name, schema]) => [publicName(name), schema]);
  return {
    ...renamed,
    components: { ...renamed.components, schemas: Object.fromEntries(schemas) as Record<string, object> },
  };
}
