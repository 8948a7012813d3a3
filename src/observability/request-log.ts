import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientAddressOf } from './client-address.js';
import { responses } from './events.js';

/** Statuses whose lines say where the request came from: somebody may be guessing keys or passwords. */
const REFUSALS = new Set([401, 429]);

/** The prefixes of our keys, see `auth/token-key.ts`. */
const KEY = /hm[ks]_/i;

/**
 * @returns the id by which the log and the record know a request: the client's `X-Request-Id`, or a new one if that is
 *   malformed or looks like one of our keys, which neither may contain
 */
export function requestIdOf(request: IncomingMessage): string {
  const given = givenIdOf(request);
  return given === null || KEY.test(given) ? randomUUID() : given;
}

/** @returns the id that the response carries: the client's if it is well-formed (section 2 of the contract) */
export function returnedIdOf({ raw, id }: Pick<FastifyRequest, 'raw' | 'id'>): string {
  return givenIdOf(raw) ?? id;
}

function givenIdOf({ headers: { 'x-request-id': given } }: IncomingMessage): string | null {
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : null;
}

/**
 * Logs and counts every request, after its response is sent.
 * @param addressKey the setting `LOG_ADDRESS_KEY`
 */
export function registerRequestLog(fastify: FastifyInstance, addressKey: string | undefined): void {
  fastify.decorate('addressKey', addressKey);
  fastify.addHook('onResponse', (request, reply, done) => {
    noteResponse(request, reply);
    done();
  });
}

/** Logs and counts a request whose response has been sent. */
export function noteResponse(request: FastifyRequest, reply: FastifyReply): void {
  const { url: route } = request.routeOptions;
  logRequest(request, reply, route);
  responses.send({ request, reply, route });
}

/**
 * Logs the request id, the id of the medic or the service account, the method, the route pattern, the status and the
 * duration. The path is left out, because its query may contain an email. So is the address of the client,
 * except in {@link REFUSALS}.
 */
function logRequest(request: FastifyRequest, reply: FastifyReply, route: string | undefined): void {
  request.log.info(
    {
      medic: request.medic?.id,
      service: request.service?.id,
      method: request.method,
      route,
      status: reply.statusCode,
      client: REFUSALS.has(reply.statusCode) ? clientAddressOf(request.ip, request.server.addressKey) : undefined,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

declare module 'fastify' {
  interface FastifyInstance {
    addressKey: string | undefined;
  }
}
