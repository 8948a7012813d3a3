import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../common/errors.js';
import type { Environment } from '../config/environment.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'PORT must be above 1023, because this process has no right to use lower ports.',
  EADDRINUSE: 'PORT is in use by another process; stop that process, or set PORT to another number.',
};

/** The service cannot listen on HOST and PORT. */
export class CannotListen extends OperatorError {
  constructor(code: string) {
    super(REASONS[code] ?? `HOST must be an address of this machine (${code}).`);
  }
}

/**
 * Starts listening on HOST and PORT.
 * @returns the port, which differs from PORT if that is 0
 * @throws CannotListen
 */
export async function listen(app: NestFastifyApplication, { HOST, PORT }: Environment): Promise<number> {
  // Fastify would open a second server for the name, which the bounds on connections do not cover.
  const address = HOST === 'localhost' ? '127.0.0.1' : HOST;
  await app.listen(PORT, address).catch((error: unknown) => {
    throw new CannotListen((error as NodeJS.ErrnoException).code ?? 'unknown');
  });
  return (app.getHttpServer().address() as AddressInfo).port;
}
