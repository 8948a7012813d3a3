import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../common/errors.js';
import type { Environment } from '../config/environment.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'PORT may not be used by this process; set PORT to one above 1023.',
  EADDRINUSE: 'PORT is in use by another process; stop that process, or set PORT to another one.',
};

/** The service cannot listen at the address that HOST and PORT name. */
export class CannotListen extends OperatorError {
  constructor(code: string) {
    super(REASONS[code] ?? `HOST must be an address of this machine (${code}).`);
  }
}

/**
 * Begins to answer requests at the address that the settings name.
 * @returns the port
 * @throws CannotListen
 */
export async function listen(app: NestFastifyApplication, { HOST, PORT }: Environment): Promise<number> {
  await app.listen(PORT, HOST).catch((error: unknown) => {
    throw new CannotListen((error as NodeJS.ErrnoException).code ?? 'unknown');
  });
  return (app.getHttpServer().address() as AddressInfo).port;
}
