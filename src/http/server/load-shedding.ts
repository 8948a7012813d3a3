import underPressure from '@fastify/under-pressure';
import { getHeapStatistics } from 'node:v8';
import type { FastifyInstance } from 'fastify';
import type { Connections } from './connections.js';
import { Overloaded } from '../../common/errors.js';

/** Average event loop delay above which requests are rejected. */
const MAX_LAG_MS = 1000;

/** Share of the heap that may be in use. A full heap ends the process and all its requests. */
const MAX_HEAP_SHARE = 0.9;

/** Bytes that the process may use outside the heap, in addition to those in use at startup. */
const HEADROOM_OUTSIDE_HEAP = 192 * 1024 * 1024;

/** Share of the container's memory that may be resident. At the container's limit the process is killed. */
const MAX_CONTAINER_SHARE = 0.9;

/**
 * Requests in progress that are accepted even if too much memory is resident. An idle process does not return
 * fragmented memory, or memory that V8 keeps, and would otherwise reject requests forever.
 */
const ALWAYS_ACCEPTED = 16;

/** Rejects requests while the process cannot keep up, so that those in progress finish in time. */
export function registerLoadShedding(fastify: FastifyInstance, connections: Connections): void {
  void fastify.register(underPressure, {
    maxEventLoopDelay: MAX_LAG_MS,
    maxHeapUsedBytes: MAX_HEAP_SHARE * getHeapStatistics().heap_size_limit,
    maxRssBytes: maxResident(),
    pressureHandler: (request, _, type) => {
      if (type === 'rssBytes' && connections.inProgress <= ALWAYS_ACCEPTED) return;
      // An overloaded process is alive, and a restart would not help.
      if (request.routeOptions.url !== '/health/live') throw new Overloaded();
    },
  });
}

/** @returns the limit of resident bytes; counts the embedded database, which is already open */
function maxResident(): number {
  const { rss, heapUsed } = process.memoryUsage();
  const own = rss - heapUsed + getHeapStatistics().heap_size_limit + HEADROOM_OUTSIDE_HEAP;
  const container = process.constrainedMemory();
  return container > 0 ? Math.min(own, MAX_CONTAINER_SHARE * container) : own;
}
