import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import accepts from '@fastify/accepts';
import { InvalidHost, NotAcceptable } from '../output/http-errors.js';
import { isHost } from '../output/urls.js';
import { returnedIdOf } from '../../observability/request-log.js';

type Route = FastifyRequest['routeOptions'];

/** Path prefix of the mirrored API. */
export const API_PREFIX = '/api/v2';

/** The one API route without the prefix, because a public client of the mirrored API calls it there. */
export const USER_ROUTE = 'rest-auth/user';

/** Routes that follow open standards, and so lie outside the prefix (sections 10 to 13 and 15 of the contract). */
export const STANDARD_ROUTES = [
  'oauth2/*path',
  'access/*path',
  'events',
  'record/*path',
  '.well-known/*path',
  'version',
] as const;

/** @returns whether the path of a request lies where {@link STANDARD_ROUTES} do, decodable or not */
export function isStandardPath(url: string): boolean {
  return STANDARD_ROUTES.some((route) => {
    const prefix = `/${route.replace('/*path', '')}`;
    return url === prefix || ['/', '?'].some((next) => url.startsWith(prefix + next));
  });
}

/** @returns whether a route pattern belongs to the API and so follows its conventions and limits */
export function isApiRoute(pattern: string): boolean {
  return pattern.startsWith(API_PREFIX) || pattern.startsWith(`/${USER_ROUTE}`);
}

/** Sets the headers of every response (section 2 of the contract). */
export function registerHttpRules(fastify: FastifyInstance): void {
  fastify.decorateRequest('medic', null);
  fastify.decorateRequest('service', null);
  fastify.decorateRequest('presentedKey', undefined);
  fastify.decorateRequest('understood', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    setResponseHeaders(request, reply);
    if (hidesNext(request)) reply.header('connection', 'close');
    if (request.method === 'DELETE') delete request.headers['content-type'];
    done();
  });
  // Ignores unknown expectations, to which Node would respond 417 without a body.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
}

/**
 * Checks the Host and Accept headers (section 2 of the contract). Call it after the rate limit is registered, so that
 * the requests that it refuses are counted.
 * @param publicUrl the setting `PUBLIC_URL`
 */
export function registerNegotiation(fastify: FastifyInstance, publicUrl: string | undefined): void {
  void fastify.register(accepts);
  fastify.addHook('onRequest', (request, _, done) => {
    const route = routeOf(request);
    if (route === undefined || !isApi(route)) {
      done();
      return;
    }
    if (!isHost(request.host) && mustNameHost(request, route, publicUrl)) {
      done(new InvalidHost());
      return;
    }
    const mustAccept = route.config.anyAccept !== true;
    done(mustAccept && !acceptsJson(request) ? new NotAcceptable() : undefined);
  });
}

/** Sets the headers that every response has. */
export function setResponseHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const route = routeOf(request);
  reply.header('x-request-id', returnedIdOf(request));
  if (route === undefined || isApi(route)) reply.header('cache-control', 'private, no-store');
}

/**
 * After a request with `Upgrade`, Node treats the bytes behind the body as the other protocol, even if no upgrade
 * happens, so a pipelined request would never get a response.
 */
function hidesNext({ headers }: FastifyRequest): boolean {
  return headers.upgrade !== undefined && (headers['content-length'] ?? headers['transfer-encoding']) !== undefined;
}

/**
 * Fastify builds an object each time that it is asked for the options of the route.
 * @returns undefined if no route matches; `@fastify/cors` registers the route `*` for OPTIONS on every path
 */
function routeOf({ is404, routeOptions }: FastifyRequest): Route | undefined {
  return is404 || routeOptions.url === '*' ? undefined : routeOptions;
}

/**
 * @returns whether the route belongs to the API or follows a standard; the pattern does not depend on how the path is
 *   encoded
 */
function isApi({ url = '', config }: Route): boolean {
  return isApiRoute(url) || config.errorFormat !== undefined;
}

/** HTTP/1.0 has no Host header; then only routes that store something before they build a link need one. */
function mustNameHost({ raw }: FastifyRequest, { config }: Route, publicUrl: string | undefined): boolean {
  if (raw.httpVersion !== '1.0') return true;
  return publicUrl === undefined && config.storesAndLinks === true;
}

function acceptsJson(request: FastifyRequest): boolean {
  const { accept } = request.headers;
  return accept === 'application/json' || preferredType(request, ['application/json']) !== undefined;
}

/**
 * Ignores parameters of media types other than `q`, such as `charset`.
 * @param types that the route can return, the default first
 * @returns the one that the client prefers, undefined if it accepts none
 */
export function preferredType<Type extends string>(request: FastifyRequest, types: readonly Type[]): Type | undefined {
  const { accept } = request.headers;
  if (accept === undefined || accept === '*/*') return types[0];
  request.headers.accept = accept.replace(/;(?!\s*q\s*=)[^;,]*/gi, '');
  const preferred = request.accepts().type([...types]);
  return types.find((type) => type === preferred);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route stores something, and its response contains a link with the host. */
    storesAndLinks?: boolean;
  }
}
