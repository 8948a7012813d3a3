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

/**
 * Share of the container's memory that may be resident, in all processes together. At the container's limit the process
 * is killed.
 */
const MAX_CONTAINER_SHARE = 0.9;

/**
 * Requests in progress that are accepted even if too much memory is resident. An idle process does not return
 * fragmented memory, or memory that V8 keeps, and would otherwise reject requests forever.
 */
const ALWAYS_ACCEPTED = 16;

/**
 * Rejects requests while the process cannot keep up, so that those in progress finish in time.
 * @param processes number of processes that share the memory of the container
 */
export function registerLoadShedding(fastify: FastifyInstance, connections: Connections, processes: number): void {
  void fastify.register(underPressure, {
    maxEventLoopDelay: MAX_LAG_MS,
    maxHeapUsedBytes: MAX_HEAP_SHARE * getHeapStatistics().heap_size_limit,
    maxRssBytes: maxResident(ownMaximum(), process.constrainedMemory(), processes),
    pressureHandler: (request, _, type) => {
      if (type === 'rssBytes' && connections.inProgress <= ALWAYS_ACCEPTED) return;
      // An overloaded process is alive, and a restart would not help.
      if (request.routeOptions.url !== '/health/live') throw new Overloaded();
    },
  });
}

/**
 * @param own bytes that the process needs at most
 * @param container memory limit of the container, in bytes; 0 if unlimited
 * @param processes number of processes in the container
 * @returns the resident bytes of one process above which requests are rejected
 */
export function maxResident(own: number, container: number, processes: number): number {
  return container > 0 ? Math.min(own, (MAX_CONTAINER_SHARE * container) / processes) : own;
}

/** Counts the embedded database, which is already open. */
function ownMaximum(): number {
  const { rss, heapUsed } = process.memoryUsage();
  return rss - heapUsed + getHeapStatistics().heap_size_limit + HEADROOM_OUTSIDE_HEAP;
}
