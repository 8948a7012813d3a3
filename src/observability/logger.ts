import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Environment } from '../config/environment.js';

/** How many characters of lines are waited for, and how many are written at once at most. */
const ALONE = { minLength: 16_384, maxWrite: 65_536 };
/** As {@link ALONE}, for workers: a pipe takes 4096 bytes in one piece, however many processes write to it. */
const AMONG_OTHERS = { minLength: 2048, maxWrite: 4096 };
/** How long lines are waited for at most, in milliseconds. */
const FLUSH_MS = 100;

/**
 * @returns the logger of the process: JSON lines, several at a time, or readable ones on a terminal. Where
 *   several processes write to one output, each line says which did.
 */
export async function createLogger({ LOG_LEVEL: level, WEB_CONCURRENCY }: Environment): Promise<Logger> {
  const isAlone = WEB_CONCURRENCY === 1;
  const options = { level, base: isAlone ? null : { pid: process.pid } };
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    return pino(options, pretty({ sync: true, singleLine: true, ignore: OF_REQUESTS.join(), messageFormat }));
  }
  const batches = isAlone ? ALONE : AMONG_OTHERS;
  const destination = pino.destination({ fd: process.stdout.fd, sync: false, ...batches });
  setInterval(() => {
    destination.flush();
  }, FLUSH_MS).unref();
  process.once('exit', () => {
    destination.flushSync();
  });
  return pino(options, destination);
}

/** The fields of a request's line that {@link messageFormat} has in its text. */
const OF_REQUESTS = ['reqId', 'method', 'route', 'status', 'ms'];

/** @returns the text of a line for a terminal */
function messageFormat(log: Record<string, unknown>, messageKey: string): string {
  const message = String(log[messageKey]);
  if (log['status'] === undefined) return message;
  const { method, route = '(unknown path)', status, ms } = log as Record<string, string>;
  return [method, route, status, 'in', ms, 'ms'].join(' ');
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
