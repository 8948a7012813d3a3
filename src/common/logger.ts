import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Environment } from '../config/environment.js';

/**
 * @returns the logger of the process: JSON lines, or readable ones on a terminal. Where several processes
 *   write to one output, each line says which did.
 */
export function createLogger({ LOG_LEVEL: level, WEB_CONCURRENCY }: Environment): Logger {
  const options = { level, base: WEB_CONCURRENCY > 1 ? { pid: process.pid } : null };
  return process.stdout.isTTY ? pino(options, pretty({ sync: true })) : pino(options);
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
