import { rm } from 'node:fs/promises';
import { isServer, onServer, TEMPLATE } from './server.ts';

export default async function globalTeardown(): Promise<void> {
  const template = process.env[TEMPLATE] ?? '';
  if (isServer) await onServer(`DROP DATABASE ${template} WITH (FORCE)`);
  else await rm(template, { recursive: true });
}
