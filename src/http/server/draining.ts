import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connections } from './connections.js';
import { DomainError } from '../../common/errors.js';

/** How long a turn of waiting takes at least, in milliseconds: within it, whatever has arrived is taken up. */
const TURN_MS = 50;
/** For how many turns no request must have come, and how many are waited for at most. */
const QUIET_TURNS = 10;
const MOST_TURNS = 100;

/** The process has been told to end. */
export class ShuttingDown extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('This process is about to end; send requests to another one.');
  }
}

/**
 * At a signal, serves on until nobody sends requests any more. Meanwhile the process is not ready, and
 * each answer ends its connection, so that whoever sends notices before a request is lost. Whoever does
 * not notice finds no new connection in the end, but has an answer on each that the process has taken.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  private isUnderWay = false;

  constructor(private readonly host: HttpAdapterHost) {}

  /** @throws ShuttingDown the process is to get no requests any more */
  requireServing(): void {
    if (this.isUnderWay) throw new ShuttingDown();
  }

  /** @param signal absent where the application is closed by its own code */
  async beforeApplicationShutdown(signal?: string): Promise<void> {
    if (signal === undefined) return;
    const { connections } = this.host.httpAdapter.getInstance<FastifyInstance>();
    this.isUnderWay = true;
    connections.drain();
    await this.untilQuiet(connections);
    // Not the HTTP server's own: that would end connections whose requests have arrived and are not read yet.
    Server.prototype.close.call(this.host.httpAdapter.getHttpServer() as Server);
    await this.untilQuiet(connections);
  }

  private async untilQuiet(connections: Connections): Promise<void> {
    for (let turn = 0, quiet = 0; turn < MOST_TURNS && quiet < QUIET_TURNS; turn += 1) {
      const { arrived } = connections;
      await sleep(TURN_MS);
      quiet = connections.arrived === arrived ? quiet + 1 : 0;
    }
  }
}
