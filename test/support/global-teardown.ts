import { isServer, onServer, TEMPLATE } from './server.ts';

/** Drops the template; an embedded one is kept for the next run. */
export default async function globalTeardown(): Promise<void> {
  if (isServer) await onServer(`DROP DATABASE ${process.env[TEMPLATE] ?? ''} WITH (FORCE)`);
}
