import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../common/domain-error.js';

/** For how long no request must have come, and how long that is waited for at most, in milliseconds. */
const QUIET_MS = 500;
const LONGEST_MS = 5000;

/** The process has been told to end. */
export class ShuttingDown extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('This process is about to end; send requests to another one.');
  }
}

/**
 * At a signal, serves on until nobody sends requests any more. Meanwhile the process is not ready, and
 * each answer ends its connection, so that whoever sends notices before a request is lost.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  private isUnderWay = false;
  private lastRequestAt = 0;

  constructor({ httpAdapter }: HttpAdapterHost) {
    httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => {
      if (this.isUnderWay) reply.header('connection', 'close');
      if (!request.url.startsWith('/health/')) this.lastRequestAt = performance.now();
      done();
    });
  }

  /** @throws ShuttingDown the process is to get no requests any more */
  requireServing(): void {
    if (this.isUnderWay) throw new ShuttingDown();
  }

  /** @param signal absent where the application is closed by its own code */
  async beforeApplicationShutdown(signal?: string): Promise<void> {
    if (signal === undefined) return;
    this.isUnderWay = true;
    const startedAt = (this.lastRequestAt = performance.now());
    for (let now = startedAt; now - this.lastRequestAt < QUIET_MS && now - startedAt < LONGEST_MS;) {
      await sleep(QUIET_MS / 10);
      now = performance.now();
    }
  }
}
