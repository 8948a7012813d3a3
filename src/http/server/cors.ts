import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const EXPOSED = ['Allow', 'Link', 'Location', 'Retry-After', 'X-Request-Id'];

/**
 * @param origins the setting `CORS_ORIGINS`
 * @param origin the header of the request
 * @returns the header fields that {@link registerCors} sets on a response, for one that no hook sees
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
 * Lets pages of these origins, and of no others, use the API from a browser.
 * @param origins the setting `CORS_ORIGINS`
 */
export async function registerCors(fastify: FastifyInstance, origins: string[] | undefined): Promise<void> {
  if (origins === undefined) return;
  await fastify.register(cors, {
    origin: origins,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    // The answer to OPTIONS is that of the path; these only add the header fields that a browser asks for.
    strictPreflight: false,
    preflightContinue: true,
  });
  // The plugin takes OPTIONS for every path, the unknown ones too. The hooks before see those as any other request.
  fastify.addHook('preParsing', (request, reply, _, done) => {
    if (request.routeOptions.url === '*' && request.method === 'OPTIONS') reply.callNotFound();
    else done();
  });
}
