import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Environment } from '../config/environment.js';

/** How many characters of lines are waited for, and for how long, in milliseconds. */
const WAIT_FOR = 2048;
const FLUSH_MS = 100;
/** A pipe takes so many bytes in one piece, however many processes write to it. */
const AT_ONCE = 4096;

/**
 * @returns the logger of the process: JSON lines, several at a time, or readable ones on a terminal. Where
 *   several processes write to one output, each line says which did.
 */
export async function createLogger({ LOG_LEVEL: level, WEB_CONCURRENCY }: Environment): Promise<Logger> {
  const options = { level, base: WEB_CONCURRENCY > 1 ? { pid: process.pid } : null };
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    return pino(options, pretty({ sync: true }));
  }
  const destination = pino.destination({ fd: process.stdout.fd, sync: false, minLength: WAIT_FOR, maxWrite: AT_ONCE });
  setInterval(() => {
    destination.flush();
  }, FLUSH_MS).unref();
  process.once('exit', () => {
    destination.flushSync();
  });
  return pino(options, destination);
}

/** Where Nest says that a stream failed, with the message; `FailureLog` says so with the request and without it. */
const OF_STREAMS = 'RouterResponseController';

/** Writes Nest's own lines to the logger of the process; what concerns only its start-up is left out. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown, ...details: unknown[]): void {
    const context = details.at(-1);
    if (context !== OF_STREAMS) this.logger.error({ context }, String(message));
  }
}
