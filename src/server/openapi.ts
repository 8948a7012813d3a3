import type { INestApplication } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { TOKEN_SCHEME } from '../auth/access.decorator.js';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { ErrorResponse, ValidationErrorResponse } from '../http/output/error.response.js';
import { isApiRoute } from '../http/server/http-rules.js';
import { Overloaded } from '../common/errors.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** What every operation of a kind answers besides its own: status -> description and examples. */
const COMMON: Record<number, { description: string; messages: string[]; headers?: Record<string, string> }> = {
  400: {
    description: 'A field, a parameter, the body or the Host header is wrong.',
    messages: ['Some fields are not valid: hospital.'],
  },
  401: {
    description: 'No good key, or not the right that it needs.',
    messages: ['Invalid Token', 'Unauthorized Medic'],
    headers: { 'WWW-Authenticate': 'Token' },
  },
  406: {
    description: 'You accept no JSON.',
    messages: ['Only application/json is available; set Accept accordingly.'],
  },
  408: {
    description: 'The request did not arrive in time.',
    messages: ['The request did not arrive in time; send it again.'],
  },
  413: { description: 'The body is too large.', messages: ['The body is too large; send at most 1 MB.'] },
  415: {
    description: 'The body is of another type.',
    messages: ['Unsupported media type; send application/json or application/x-www-form-urlencoded, not compressed.'],
  },
  429: {
    description: 'Too many requests.',
    messages: [
      'Too many requests; try again in 42 s.',
      'Too many of your list requests are still in progress; wait for one to finish, then try again in 1 s.',
    ],
    headers: { 'Retry-After': 'Seconds to wait.' },
  },
  431: {
    description: 'The header of the request is too large.',
    messages: ['The request headers are too large; send at most 16 KB.'],
  },
  503: {
    description: 'The database is away, or the service has too much to do.',
    messages: [new DatabaseUnavailable().message, new Overloaded().message],
    headers: { 'Retry-After': 'Seconds to wait.' },
  },
};

/** @returns the OpenAPI document of the application, complete with what every operation answers */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hospital Memberships')
    .setDescription('Who belongs to which hospital, and with what right.')
    .setVersion('2')
    .setLicense('Proprietary', 'https://example.org/license')
    .addServer('/', 'This process')
    .addTag('Memberships', 'Who belongs to which hospital.')
    .addTag('Hospitals', 'The places that medics prescribe from.')
    .addTag('Medics', 'The people that act on the API.')
    .addTag('Locations', "The medic's own view of the hospitals.")
    .addTag('Pictures', 'The pictures of hospitals.')
    .addTag('Tokens', 'Keys for a password, and their rotation.')
    .addTag('Health', 'Whether the service is well.')
    .addSecurity(TOKEN_SCHEME, {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: 'The word `Token`, a blank and your key: `Token hmk_…`.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_, method) => method,
    extraModels: [ErrorResponse, ValidationErrorResponse],
  });
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      complete(path, operation, method);
    }
  }
  closeSchemas(document);
  return document;
}

/** Serves the document as bytes that are made once. */
export function serveDocument(fastify: FastifyInstance, document: OpenAPIObject): void {
  const content = Buffer.from(JSON.stringify(document));
  const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  fastify.get('/openapi.json', (request, reply) => {
    reply.header('etag', etag);
    if (request.headers['if-none-match'] === etag) return reply.status(304).send();
    return reply.type('application/json; charset=utf-8').send(content);
  });
}

/** Every POST and PATCH reads a body, even where the operation needs none; a DELETE ignores it, if it is not too large. */
function complete(path: string, operation: Operation, method: string): void {
  if (!isApiRoute(path)) {
    operation.security = [];
    return;
  }
  if (operation.requestBody !== undefined) {
    const body = operation.requestBody as { content: Record<string, unknown> };
    body.content['application/x-www-form-urlencoded'] ??= body.content['application/json'];
  }
  operation.security ??= [];
  const isPublic = operation.security.length === 0;
  const isJson = !JSON.stringify(operation.responses).includes('image/jpeg');
  const statuses = [
    ...(isPublic ? [] : [401]),
    ...(isJson ? [406] : []),
    ...[400, 408, 429, 431, 503],
    ...({ post: [413, 415], patch: [413, 415], delete: [413] }[method] ?? []),
  ];
  for (const status of statuses) operation.responses[String(status)] ??= commonResponse(status);
}

function commonResponse(status: number): Operation['responses'][string] {
  const { description = '', messages = [], headers = {} } = COMMON[status] ?? {};
  const examples = messages.map((message, index) => [
    `reason${String(index + 1)}`,
    { value: status === 400 ? { message, errors: { hospital: ['This field is required.'] } } : { message } },
  ]);
  const schema = status === 400 ? ValidationErrorResponse.name : ErrorResponse.name;
  return {
    description,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
    ),
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${schema}` },
        examples: Object.fromEntries(examples) as Record<string, { value: object }>,
      },
    },
  };
}

/**
 * No answer has a field that its schema lacks, and no request may have one. What a request may hold
 * only to be ignored may be anything.
 */
function closeSchemas(document: OpenAPIObject): void {
  for (const schema of Object.values(document.components?.schemas ?? {})) {
    if (!('properties' in schema)) continue;
    schema.additionalProperties = false;
    for (const property of Object.values(schema.properties ?? {})) {
      if ('readOnly' in property) delete property.type;
    }
  }
}
