import type { FastifyInstance } from 'fastify';
import { METHODS } from 'node:http';
import { MethodNotAllowed } from '../output/http-errors.js';

/** Node hands these to other events than requests. */
const NOT_REQUESTS = new Set(['CONNECT']);

/**
 * Answers every method of every known path: OPTIONS with the methods that the path has, and those that
 * it has not with 405. Call it before routes are added; what it returns, after.
 */
export function registerOtherMethods(fastify: FastifyInstance): () => void {
  const paths = new Map<string, Set<string>>();
  // Whatever is sent with it is ignored, as with GET.
  fastify.addHttpMethod('OPTIONS', { hasBody: false, overrideExisting: true });
  fastify.addHook('onRoute', ({ url, method }) => {
    const path = url.replace(/(.)\/$/, '$1');
    const methods = paths.get(path) ?? new Set<string>();
    [method].flat().forEach((name) => methods.add(name));
    paths.set(path, methods);
  });
  return () => {
    const all = METHODS.filter((method) => !NOT_REQUESTS.has(method));
    for (const method of all.filter((name) => !fastify.supportedMethods.includes(name))) fastify.addHttpMethod(method);
    for (const [url, methods] of [...paths]) {
      if (url.includes('*') || methods.has('OPTIONS')) continue;
      const allow = [...methods, 'OPTIONS'].sort().join(', ');
      const config = { anyAccept: true };
      fastify.options(url, { config }, (_, reply) => reply.status(204).header('allow', allow).send());
      const others = all.filter((method) => method !== 'OPTIONS' && !methods.has(method));
      fastify.route({
        url,
        method: others,
        config,
        onRequest: (request) => Promise.reject(new MethodNotAllowed(request.method, allow)),
        handler: () => undefined,
      });
    }
  };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer has no body to negotiate. */
    anyAccept?: boolean;
  }
}
