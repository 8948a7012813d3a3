import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

/**
 * @param level the setting `LOG_LEVEL`
 * @returns the logger of the process: JSON lines, or readable ones on a terminal
 */
export function createLogger(level: string): Logger {
  const options = { level, base: null };
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
