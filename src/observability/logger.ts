import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Environment } from '../config/environment.js';

/** Characters that are buffered before a write, and the upper bound of one write. */
const SINGLE_PROCESS = { minLength: 16_384, maxWrite: 65_536 };
/** As {@link SINGLE_PROCESS}, for workers: up to 4096 bytes, writes to a shared pipe are atomic. */
const WORKER = { minLength: 2048, maxWrite: 4096 };
/** Upper bound of the time that a line is buffered. */
const FLUSH_MS = 100;

/** Lines beyond this many characters are dropped while nobody reads the output. */
const MAX_BUFFER = 16 * 1024 * 1024;

/**
 * Creates the logger of the process. It writes buffered JSON lines, or readable lines on a terminal.
 * @returns a logger whose lines contain the process id if several workers share the output
 */
export async function createLogger({ LOG_LEVEL: level, WEB_CONCURRENCY }: Environment): Promise<Logger> {
  const isSingle = WEB_CONCURRENCY === 1;
  const options = { level, base: isSingle ? null : { pid: process.pid } };
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    return pino(options, pretty({ sync: true, singleLine: true, ignore: REQUEST_FIELDS.join(), messageFormat }));
  }
  const buffering = isSingle ? SINGLE_PROCESS : WORKER;
  const destination = pino.destination({ fd: process.stdout.fd, sync: false, maxLength: MAX_BUFFER, ...buffering });
  // A log that cannot be written, on a full disk for example, must not end the service.
  destination.on('error', () => undefined);
  setInterval(() => {
    destination.flush();
  }, FLUSH_MS).unref();
  process.once('exit', () => {
    destination.flushSync();
  });
  return pino(options, destination);
}

/** Fields of a request line that {@link messageFormat} turns into text. */
const REQUEST_FIELDS = ['reqId', 'method', 'route', 'status', 'ms'];

function messageFormat(log: Record<string, unknown>, messageKey: string): string {
  const message = String(log[messageKey]);
  if (log['status'] === undefined) return message;
  const { method, route = '(unknown path)', status, ms } = log as Record<string, string>;
  return [method, route, status, 'in', ms, 'ms'].join(' ');
}

/** Context in which Nest logs failed streams with their messages. `FailureLog` logs them without. */
const STREAM_CONTEXT = 'RouterResponseController';

/** Writes Nest's own lines to the logger of the process. Its startup lines get the level debug. */
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
    if (context !== STREAM_CONTEXT) this.logger.error({ context }, String(message));
  }
}
