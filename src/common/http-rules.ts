import type { FastifyInstance } from 'fastify';
import accepts from '@fastify/accepts';
import { NotAcceptable } from './http-errors.js';

/** Where the mirrored API lives. */
export const API_PREFIX = '/api/v2';

/** The header fields of every answer, and what a client must accept (section 2 of the contract). */
export function registerHttpRules(fastify: FastifyInstance): void {
  void fastify.register(accepts);
  fastify.decorateRequest('medic', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    const isApi = request.url.startsWith(API_PREFIX);
    if (isApi) reply.header('cache-control', 'private, no-store');
    if (request.method === 'DELETE') delete request.headers['content-type'];
    const mustAccept = isApi && !request.is404 && request.routeOptions.config.anyAccept !== true;
    done(mustAccept && request.accepts().type(['json']) === false ? new NotAcceptable() : undefined);
  });
}
