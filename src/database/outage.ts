import { Logger } from '@nestjs/common';
import { databaseFailureOf } from './database-errors.js';

/** Warns once when work in the background fails, however often it is tried again until it succeeds. */
export class Outage {
  private readonly logger: Logger;
  private isLogged = false;

  /**
   * @param context names the work in the log
   * @param failure what could not be done, as the beginning of a sentence
   */
  constructor(
    context: string,
    private readonly failure: string,
  ) {
    this.logger = new Logger(context);
  }

  /** The work failed. */
  report(error: unknown): void {
    if (this.isLogged) return;
    this.isLogged = true;
    this.logger.warn(`${this.failure} (${databaseFailureOf(error).code ?? 'no code'}); trying again`);
  }

  /** The work succeeded. */
  end(): void {
    this.isLogged = false;
  }
}
