import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isObject } from './coercion.js';
import { InvalidInput } from '../../common/errors.js';
import { readForm } from './form.js';
import { UnsupportedMediaType } from '../output/http-errors.js';
import { MAX_FIELDS } from './json-structure.js';
import { MalformedJson, parseJson } from './json.js';
import { BODY_LIMIT } from '../server/fastify-options.js';
import { decodeText } from './text.js';

const BODY_METHODS = new Set(['POST', 'PATCH']);
/** Methods whose bodies Fastify does not read. */
const BODYLESS_METHODS = new Set(['GET', 'HEAD', 'TRACE']);
const FORM_DATA = /^multipart\/form-data\s*(;|$)/i;

/**
 * Registers the body parsers (section 2 of the contract): JSON, forms, and CSV for the routes that read it. Empty
 * bodies count as absent, bodies of DELETE are ignored, and multipart bodies are left to the routes that accept them.
 */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const register = (
    type: string,
    read: (body: Buffer, request: FastifyRequest) => unknown,
    readAbsent?: (request: FastifyRequest) => unknown,
  ) => {
    fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
      done(null, isIgnored(request, body) ? readAbsent?.(request) : read(body, request));
    });
  };
  register('application/json', (body) => readJsonObject(decodeText(body)));
  register('application/x-www-form-urlencoded', (body) => readFormBody(body.toString('latin1')));
  register(
    'text/csv',
    (body, request) => {
      const { readCsv } = request.routeOptions.config;
      if (readCsv === undefined) throw unsupported(request);
      return readCsv(decodeText(body), request.query as Record<string, unknown>);
    },
    ({ routeOptions, query }) => routeOptions.config.readCsv?.('', query as Record<string, unknown>),
  );
  register('*', (_, request) => {
    throw unsupported(request);
  });
  fastify.addContentTypeParser('multipart/form-data', (_, __, done) => {
    done(null);
  });
  fastify.addHook('onRequest', (request, _, done) => {
    const { config } = request.routeOptions;
    if (config.onlyJson === true && hasBody(request) && !isJson(request)) {
      done(new InvalidInput('Send the header Content-Type: application/json.'));
      return;
    }
    const isUpload = request.headers['content-type']?.toLowerCase().startsWith('multipart/') === true;
    const isRead = config.acceptsUploads === true && !isCompressed(request);
    const isRefused = isUpload && !isRead && !request.is404 && BODY_METHODS.has(request.method);
    if (isRefused) done(unsupported(request));
    else if (isReadByParser(request)) fastify.bodyQueue.enter(request, BODY_LIMIT, done);
    else done();
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads `multipart/form-data` itself, after it has checked the caller's right. */
    acceptsUploads?: boolean;
    /** The route accepts `text/csv`: turns the text and the query into the body that JSON would have. */
    readCsv?: (text: string, query: Readonly<Record<string, unknown>>) => object;
    /** A body of another type than JSON is a 400, as the standard of the route says, and not a 415. */
    onlyJson?: boolean;
    /** The route refuses bodies of another type than a form. */
    onlyForm?: boolean;
  }
}

function unsupported({ routeOptions }: FastifyRequest): UnsupportedMediaType {
  return new UnsupportedMediaType(routeOptions.config);
}

function hasBody({ headers }: FastifyRequest): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}

/** @returns whether a parser of this file keeps the whole body */
function isReadByParser({ method, headers }: FastifyRequest): boolean {
  const isTooLarge = Number(headers['content-length'] ?? 0) > BODY_LIMIT;
  return !BODYLESS_METHODS.has(method) && !isTooLarge && !FORM_DATA.test(headers['content-type'] ?? '');
}

function isJson({ headers }: FastifyRequest): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

function isIgnored(request: FastifyRequest, body: Buffer): boolean {
  if (request.method === 'DELETE' || request.is404 || body.length === 0) return true;
  if (isCompressed(request)) throw unsupported(request);
  return false;
}

function isCompressed({ headers }: FastifyRequest): boolean {
  return (headers['content-encoding'] ?? 'identity') !== 'identity';
}

function readJsonObject(text: string): unknown {
  const body = readJson(text);
  if (!isObject(body)) throw new InvalidInput('The body must be a JSON object.');
  return body;
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof MalformedJson) throw new InvalidInput(`The body is not valid JSON: ${error.message}.`);
    throw error;
  }
}

function readFormBody(text: string): Record<string, unknown> {
  if (hasMorePairs(text, MAX_FIELDS)) throw new InvalidInput(`The form has more than ${String(MAX_FIELDS)} fields.`);
  return readForm(text);
}

/** Counts before parsing, so that a body of a million pairs costs nothing. */
function hasMorePairs(text: string, limit: number): boolean {
  let end = -1;
  for (let pairs = 0; pairs < limit; pairs += 1) {
    end = text.indexOf('&', end + 1);
    if (end === -1) return false;
  }
  return true;
}
