/** Finds the statements that authenticate the caller of each route and read data for it. */
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Authentication } from '../../dist/src/auth/authenticated.decorator.js';
import { CallersReader } from '../../dist/src/auth/callers.reader.js';
import { Prefetches } from '../../dist/src/auth/prefetch.decorator.js';

/** @returns the place and texts of the statements of each route, without a type, because routes name their own */
export async function statementsOfRoutes() {
  const found = [];
  const paths = readdirSync('dist/src', { recursive: true }).filter((path) => path.endsWith('.controller.js'));
  for (const path of paths) {
    const exported = Object.values(await import(pathToFileURL(`dist/src/${path}`).href));
    for (const { name, prototype } of exported.filter((each) => typeof each === 'function')) {
      for (const method of Object.getOwnPropertyNames(prototype)) {
        const mode = Reflect.getMetadata(Authentication.KEY, prototype[method]);
        if (mode?.needsKey !== true) continue;
        const list = Reflect.getMetadata(Prefetches.KEY, prototype[method]);
        const texts = [false, true].flatMap((hasReplicas) => {
          const { text, prefetch } = new CallersReader({ hasReplicas }).prepare(mode.lookup, list);
          return prefetch === null ? [text] : [text, prefetch.text];
        });
        found.push({ place: `${name}.${method}`, texts, row: undefined, typeOf: undefined });
      }
    }
  }
  return found;
}
