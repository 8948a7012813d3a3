import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import accepts from '@fastify/accepts';
import { InvalidHost, NotAcceptable } from '../output/http-errors.js';
import { isHost } from '../output/urls.js';

/** Where the mirrored API lives. */
export const API_PREFIX = '/api/v2';

/** A route of the API without its prefix: a public client of the mirrored API calls it there. */
export const USER_ROUTE = 'rest-auth/user';

/** @returns whether the pattern of a route belongs to the API, with its conventions and limits */
export function isApiRoute(pattern: string): boolean {
  return pattern.startsWith(API_PREFIX) || pattern.startsWith(`/${USER_ROUTE}`);
}

/**
 * The header fields of every answer, and what a client must accept (section 2 of the contract).
 * @param publicUrl the setting `PUBLIC_URL`
 */
export function registerHttpRules(fastify: FastifyInstance, publicUrl: string | undefined): void {
  void fastify.register(accepts);
  fastify.decorateRequest('medic', null);
  fastify.decorateRequest('keyDigest', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    setAnswerHeaders(request, reply);
    if (hidesNext(request)) reply.header('connection', 'close');
    const isOfApi = hasRoute(request) && isApi(request);
    if (isOfApi && !isHost(request.host) && mustNameHost(request, publicUrl)) {
      done(new InvalidHost());
      return;
    }
    if (request.method === 'DELETE') delete request.headers['content-type'];
    const mustAccept = isOfApi && request.routeOptions.config.anyAccept !== true;
    done(mustAccept && !acceptsJson(request) ? new NotAcceptable() : undefined);
  });
  // Node would answer an expectation that it does not know with 417 and nothing else; it is ignored instead.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
}

/** Sets the header fields that every answer has, whatever it is. */
export function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  if (isApi(request)) reply.header('cache-control', 'private, no-store');
}

/**
 * Node takes what follows the body of a request with `Upgrade` for the other protocol, even where none is
 * spoken: a request that comes with the end of that body would never be answered.
 */
function hidesNext({ headers }: FastifyRequest): boolean {
  return headers.upgrade !== undefined && (headers['content-length'] ?? headers['transfer-encoding']) !== undefined;
}

/**
 * Tells by the pattern of the route, which is the same however the path is encoded.
 * @returns whether a request is for the API; what has no route counts as such
 */
export function isApi(request: FastifyRequest): boolean {
  return !hasRoute(request) || isApiRoute(request.routeOptions.url ?? '');
}

/** The route `*` is that which `@fastify/cors` has for OPTIONS of every path. */
function hasRoute(request: FastifyRequest): boolean {
  return !request.is404 && request.routeOptions.url !== '*';
}

/** HTTP/1.0 has no Host header, which matters only to what cannot be undone once its link cannot be built. */
function mustNameHost({ raw, routeOptions }: FastifyRequest, publicUrl: string | undefined): boolean {
  if (raw.httpVersion !== '1.0') return true;
  return publicUrl === undefined && routeOptions.config.storesAndLinks === true;
}

/** What is said of a type besides its weight, such as its charset, makes no difference. */
function acceptsJson(request: FastifyRequest): boolean {
  const { accept } = request.headers;
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return true;
  request.headers.accept = accept.replace(/;(?!\s*q\s*=)[^;,]*/gi, '');
  return request.accepts().type(['json']) !== false;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route stores something, and its response has a link that names the host. */
    storesAndLinks?: boolean;
  }
}
