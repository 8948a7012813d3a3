import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const EXPOSED = ['Allow', 'ETag', 'Idempotent-Replayed', 'Link', 'Location', 'Retry-After', 'X-Request-Id'];

/**
 * @param origins the setting `CORS_ORIGINS`
 * @param origin the Origin header of the request
 * @returns the headers that {@link registerCors} sets, for responses that bypass the hooks
 */
export function corsHeadersOf(origins: string[] | undefined, origin: string | undefined): Record<string, string> {
  if (origins === undefined) return {};
  if (origin === undefined || !origins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED.join(', '),
  };
}

/**
 * Allows pages of these origins alone to call the API from a browser.
 * @param origins the setting `CORS_ORIGINS`
 */
export async function registerCors(fastify: FastifyInstance, origins: string[] | undefined): Promise<void> {
  if (origins === undefined) return;
  await fastify.register(cors, {
    origin: origins,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    // The path itself responds to OPTIONS; the plugin only adds its headers.
    strictPreflight: false,
    preflightContinue: true,
  });
  // The plugin's wildcard route also matches OPTIONS on unknown paths, which must be 404.
  fastify.addHook('preParsing', (request, reply, _, done) => {
    if (request.routeOptions.url === '*' && request.method === 'OPTIONS') reply.callNotFound();
    else done();
  });
}
