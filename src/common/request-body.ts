import multipart from '@fastify/multipart';
import { isUtf8 } from 'node:buffer';
import { parse as parseForm } from 'node:querystring';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isSafeNumber, parse as parseJson } from 'lossless-json';
import { WrittenNumber } from './coercion.js';
import { InvalidFields, WHOLE_INPUT } from './domain-error.js';
import { UnsupportedMediaType } from './http-errors.js';
import { MAX_FIELDS, structureProblemOf } from './json-structure.js';

const BODY_METHODS = new Set(['POST', 'PATCH']);

/**
 * Teaches Fastify to read bodies as the contract's section 2 has it: JSON and forms; an empty one of any
 * type is none; that of a DELETE is ignored; multipart is left to the routes that take it.
 */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const register = (type: string, read: (body: Buffer) => unknown) => {
    fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
      done(null, isIgnored(request, body) ? undefined : read(body));
    });
  };
  register('application/json', (body) => readJson(decode(body)));
  register('application/x-www-form-urlencoded', (body) => readFormBody(body.toString('latin1')));
  register('*', () => {
    throw new UnsupportedMediaType();
  });
  void fastify.register(multipart, { throwFileSizeLimit: false });
  fastify.addHook('onRequest', (request, _, done) => {
    const isUpload = request.headers['content-type']?.toLowerCase().startsWith('multipart/') === true;
    const isRefused = isUpload && !request.is404 && BODY_METHODS.has(request.method);
    done(isRefused && request.routeOptions.config.acceptsUploads !== true ? new UnsupportedMediaType() : undefined);
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads `multipart/form-data` itself, once the caller's right is known. */
    acceptsUploads?: boolean;
  }
}

function isIgnored(request: FastifyRequest, body: Buffer): boolean {
  if (request.method === 'DELETE' || request.is404 || body.length === 0) return true;
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new UnsupportedMediaType();
  return false;
}

/**
 * Decodes UTF-8. Bytes that are not become lone surrogates, so that the check of the field in which
 * they stand refuses them and names it; two, for an escaped one that follows would make the last a pair.
 */
function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return isUtf8(bytes) ? text : text.replaceAll('\uFFFD', '\uD800\uD800');
}

function readJson(text: string): unknown {
  const body = parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof WrittenNumber) {
    const sentence = 'The body must be a JSON object.';
    throw new InvalidFields({ [WHOLE_INPUT]: [sentence] }, sentence);
  }
  return body;
}

function parse(text: string): unknown {
  const body = parsePlain(text);
  const problem = structureProblemOf(text);
  if (problem !== undefined) throw malformed(problem);
  if (!UNUSUAL_NUMBER.test(text)) return body;
  return parseJson(text, null, { parseNumber: readNumber });
}

/** What is in the text of every number that JavaScript would change, and perhaps in other text. */
const UNUSUAL_NUMBER = /\d[.eE]|-0|\d{16}/;

/** A number that JavaScript would change keeps its text: it may stand for text such as `cedula_prof`. */
function readNumber(text: string): number | WrittenNumber {
  return isSafeNumber(text) && String(Number(text)) === text ? Number(text) : new WrittenNumber(text);
}

function readFormBody(text: string): Record<string, unknown> {
  const body = readForm(text);
  if (Object.keys(body).length <= MAX_FIELDS) return body;
  const sentence = `The form has more than ${String(MAX_FIELDS)} fields.`;
  throw new InvalidFields({ [WHOLE_INPUT]: [sentence] }, sentence);
}

/**
 * @param text percent-encoded pairs as a form or a query has them, one character a byte
 * @returns name -> value, or an array of values where a name is repeated
 */
export function readForm(text: string): Record<string, unknown> {
  return { ...parseForm(text, '&', '=', { maxKeys: 0, decodeURIComponent: decodePart }) };
}

function decodePart(part: string): string {
  const bytes = part.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decode(Buffer.from(bytes, 'latin1'));
}

/** The sentence that JSON.parse throws is not used: it repeats the body, which may hold a password. */
function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('check its quotes, commas and brackets');
  }
}

function malformed(why: string): InvalidFields {
  const sentence = `The body is not valid JSON: ${why}.`;
  return new InvalidFields({ [WHOLE_INPUT]: [sentence] }, sentence);
}
