import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connections } from './connections.js';
import { DomainError } from '../../common/errors.js';

/** One turn of waiting, long enough to start on everything that has arrived. */
const TURN_MS = 50;
/** Turns without a request that end the wait, and the upper bound of all turns. */
const QUIET_TURNS = 10;
const MAX_TURNS = 100;

/** The process is shutting down. */
export class ShuttingDown extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('This process is shutting down; send requests to another one.');
  }
}

/**
 * After a signal, keeps serving until no more requests arrive. Meanwhile the process is not ready and each response
 * closes its connection, so that load balancers notice before a request is lost. Then the process stops listening,
 * and still responds on every connection that it has accepted.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  private isDraining = false;

  constructor(private readonly host: HttpAdapterHost) {}

  /** @throws ShuttingDown the process should not get any more requests */
  requireServing(): void {
    if (this.isDraining) throw new ShuttingDown();
  }

  /** @param signal absent if the application is closed by code */
  async beforeApplicationShutdown(signal?: string): Promise<void> {
    if (signal === undefined) return;
    const { connections } = this.host.httpAdapter.getInstance<FastifyInstance>();
    this.isDraining = true;
    connections.drain();
    await this.untilQuiet(connections);
    // `close` of the HTTP server would also end connections whose requests have arrived but are not parsed yet.
    Server.prototype.close.call(this.host.httpAdapter.getHttpServer() as Server);
    await this.untilQuiet(connections);
  }

  private async untilQuiet(connections: Connections): Promise<void> {
    for (let turn = 0, quiet = 0; turn < MAX_TURNS && quiet < QUIET_TURNS; turn += 1) {
      const { arrived } = connections;
      await sleep(TURN_MS);
      quiet = connections.arrived === arrived ? quiet + 1 : 0;
    }
  }
}
