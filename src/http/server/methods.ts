import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { METHODS } from 'node:http';
import { MethodNotAllowed } from '../output/http-errors.js';

/** Node emits another event than `request` for these. */
const NOT_REQUESTS = new Set(['CONNECT']);

/**
 * Responds to OPTIONS on every known path with its methods, and to unsupported methods with 405.
 * @returns a function that adds these routes. Call this one before, and that one after all other routes are added.
 */
export function registerOtherMethods(fastify: FastifyInstance): () => void {
  const paths = new Map<string, Set<string>>();
  const formats = new Map<string, FastifyContextConfig>();
  // Ignores the body, as GET does.
  fastify.addHttpMethod('OPTIONS', { hasBody: false, overrideExisting: true });
  fastify.addHook('onRoute', ({ url, method, config }) => {
    const path = url.replace(/(.)\/$/, '$1');
    const methods = paths.get(path) ?? new Set<string>();
    [method].flat().forEach((name) => methods.add(name));
    paths.set(path, methods);
    if (config?.errorFormat !== undefined) formats.set(path, { errorFormat: config.errorFormat });
  });
  return () => {
    const all = METHODS.filter((method) => !NOT_REQUESTS.has(method));
    for (const method of all.filter((name) => !fastify.supportedMethods.includes(name))) fastify.addHttpMethod(method);
    for (const [url, methods] of [...paths]) {
      const isOther = url.includes('*') && !formats.has(url);
      if (isOther || methods.has('OPTIONS')) continue;
      const allow = [...methods, 'OPTIONS'].sort().join(', ');
      const config = { anyAccept: true, ...formats.get(url) };
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

/** A route parameter also matches nothing, as in `/medics//`. Such a path is unknown, whatever the method. */
export function registerUnknownPaths(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ params }, reply, done) => {
    const values = params as Readonly<Record<string, string>>;
    // Most routes have no parameter, so this builds no list of them.
    for (const name in values) {
      if (values[name] !== '' || name === '*') continue;
      reply.callNotFound();
      return;
    }
    done();
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The Accept header is not checked. */
    anyAccept?: boolean;
  }
}
