import underPressure from '@fastify/under-pressure';
import { getHeapStatistics } from 'node:v8';
import type { FastifyInstance } from 'fastify';
import { DomainError } from './domain-error.js';

/** How far the event loop may lag, in milliseconds on average, before requests are turned away. */
const MAX_LAG_MS = 1000;

/** The share of the heap that may be in use: when all of it is, the process dies with all its requests. */
const MAX_HEAP_SHARE = 0.9;

/** The process has more to do than it can. */
export class Overloaded extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('The service has too much to do at the moment; try again shortly.');
  }
}

/** Turns requests away while the process cannot keep up, so that those under way end in time. */
export function registerLoadShedding(fastify: FastifyInstance): void {
  void fastify.register(underPressure, {
    maxEventLoopDelay: MAX_LAG_MS,
    maxHeapUsedBytes: MAX_HEAP_SHARE * getHeapStatistics().heap_size_limit,
    pressureHandler: (request) => {
      // A process that has much to do is alive, and would not be better for being started again.
      if (request.routeOptions.url !== '/health/live') throw new Overloaded();
    },
  });
}
