import underPressure from '@fastify/under-pressure';
import { getHeapStatistics } from 'node:v8';
import type { FastifyInstance } from 'fastify';
import type { Connections } from './connections.js';
import { Overloaded } from '../../common/errors.js';

/** How far the event loop may lag, in milliseconds on average, before requests are turned away. */
const MAX_LAG_MS = 1000;

/** The share of the heap that may be in use: when all of it is, the process dies with all its requests. */
const MAX_HEAP_SHARE = 0.9;

/** What the process may hold outside the heap and beyond what it holds at start, in bytes. */
const ROOM_OUTSIDE_HEAP = 192 * 1024 * 1024;

/** The share of a container's memory that may be resident: at all of it, the process is killed. */
const MAX_CONTAINER_SHARE = 0.9;

/**
 * How many requests may be under way while too much memory is resident. Some always may: memory that is
 * fragmented, or that V8 keeps, stays resident while the process has nothing to do.
 */
const FEW_REQUESTS = 16;

/** Turns requests away while the process cannot keep up, so that those under way end in time. */
export function registerLoadShedding(fastify: FastifyInstance, connections: Connections): void {
  void fastify.register(underPressure, {
    maxEventLoopDelay: MAX_LAG_MS,
    maxHeapUsedBytes: MAX_HEAP_SHARE * getHeapStatistics().heap_size_limit,
    maxRssBytes: maxResident(),
    pressureHandler: (request, _, type) => {
      if (type === 'rssBytes' && connections.underWay <= FEW_REQUESTS) return;
      // A process that has much to do is alive, and would not be better for being started again.
      if (request.routeOptions.url !== '/health/live') throw new Overloaded();
    },
  });
}

/** @returns how many bytes may be resident; the embedded database is open by now, and counted as it is */
function maxResident(): number {
  const { rss, heapUsed } = process.memoryUsage();
  const own = rss - heapUsed + getHeapStatistics().heap_size_limit + ROOM_OUTSIDE_HEAP;
  const container = process.constrainedMemory();
  return container > 0 ? Math.min(own, MAX_CONTAINER_SHARE * container) : own;
}
