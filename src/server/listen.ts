import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../common/errors.js';
import type { Environment } from '../config/environment.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'PORT must be above 1023, because this process has no right to use lower ports.',
  EADDRINUSE: 'PORT is in use by another process; stop that process, or set PORT to another number.',
};

/** The service cannot listen on HOST and PORT, or on METRICS_HOST and METRICS_PORT. */
export class CannotListen extends OperatorError {
  constructor(code: string, prefix: '' | 'METRICS_' = '') {
    const reason = REASONS[code] ?? `HOST must be an address of this machine (${code}).`;
    super(reason.replace(/\b(HOST|PORT)\b/g, `${prefix}$1`));
  }
}

/**
 * Starts listening on HOST and PORT.
 * @returns the port, which differs from PORT if that is 0
 * @throws CannotListen
 */
export async function listen(app: NestFastifyApplication, { HOST, PORT }: Environment): Promise<number> {
  await app.listen(PORT, addressOf(HOST)).catch((error: unknown) => {
    throw new CannotListen((error as NodeJS.ErrnoException).code ?? 'unknown');
  });
  return (app.getHttpServer().address() as AddressInfo).port;
}

/** @returns the address for a host. For the name, Fastify would open a second server, which no bounds cover. */
export function addressOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** @returns the URL of a server, for the log */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
