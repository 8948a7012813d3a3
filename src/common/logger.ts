import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

/** How many bytes of lines are written at once, and how long fewer wait for more, in milliseconds. */
const MIN_LENGTH = 4096;
const FLUSH_MS = 100;

/**
 * @param level the setting `LOG_LEVEL`
 * @returns the logger of the process: JSON lines, several at a time, or readable ones on a terminal
 */
export function createLogger(level: string): Logger {
  const options = { level, base: null };
  if (process.stdout.isTTY) return pino(options, pretty({ sync: true }));
  const destination = pino.destination({ fd: process.stdout.fd, sync: false, minLength: MIN_LENGTH });
  setInterval(() => {
    destination.flush();
  }, FLUSH_MS).unref();
  process.once('exit', () => {
    destination.flushSync();
  });
  return pino(options, destination);
}

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
    this.logger.error({ context: details.at(-1) }, String(message));
  }
}
