import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Connections } from './connections.js';

/** Bytes of large bodies that may arrive at the same time. */
const MAX_ARRIVING = 32 * 1024 * 1024;

/** Smaller bodies do not wait: most of their bytes arrive together with their headers. */
const MIN_LARGE = 65_536;

/** While others wait, a body that advances by fewer bytes in an interval gives way. */
const INTERVAL_MS = 500;
const MIN_BYTES_PER_INTERVAL = 32_768;

/** Called when a body may be read, or with the error of its connection if that is closed before. */
type Begin = (lost?: Error) => void;

interface Waiting {
  readonly size: number;
  readonly begin: Begin;
}

interface Arriving {
  readonly size: number;
  /** Bytes that the connection had received at the last look. */
  seen?: number;
}

/**
 * Bounds the memory of bodies that have not arrived completely. Beyond the bound, further large bodies wait in the order
 * of their requests. The service does not read them meanwhile, so that their bytes stay with the client.
 */
export class BodyQueue {
  private readonly waiting = new Map<IncomingMessage, Waiting>();
  private readonly arriving = new Map<IncomingMessage, Arriving>();
  private arrivingBytes = 0;

  /**
   * Calls `begin` as soon as there is room for the body. Nobody may read it before.
   * @param max bytes that the reader keeps at most
   */
  enter(body: IncomingMessage, max: number, begin: Begin): void {
    const size = Math.min(max, sizeOf(body));
    if (size < MIN_LARGE) {
      begin();
      return;
    }
    this.waiting.set(body, { size, begin });
    body.once('close', () => {
      this.leave(body);
    });
    this.admit();
  }

  /** @returns the bodies that must give way to those that wait */
  slowest(): IncomingMessage[] {
    if (this.waiting.size === 0) return [];
    return [...this.arriving].flatMap(([body, each]) => {
      const { bytesRead } = body.socket;
      const isSlow = each.seen !== undefined && bytesRead - each.seen < MIN_BYTES_PER_INTERVAL;
      each.seen = bytesRead;
      return isSlow ? [body] : [];
    });
  }

  private admit(): void {
    for (const [body, { size, begin }] of this.waiting) {
      if (this.arrivingBytes + size > MAX_ARRIVING) return;
      this.waiting.delete(body);
      this.arriving.set(body, { size });
      this.arrivingBytes += size;
      begin();
    }
  }

  private leave(body: IncomingMessage): void {
    const waiting = this.waiting.get(body);
    this.waiting.delete(body);
    waiting?.begin(body.errored ?? undefined);
    this.arrivingBytes -= this.arriving.get(body)?.size ?? 0;
    this.arriving.delete(body);
    this.admit();
  }
}

/** Makes large bodies wait, and closes the connections of those that give way. */
export function registerBodyQueue(fastify: FastifyInstance, connections: Connections): void {
  const queue = new BodyQueue();
  fastify.decorate('bodyQueue', queue);
  const timer = setInterval(() => {
    for (const { socket } of queue.slowest()) {
      const connection = connections.of(socket);
      if (connection !== undefined) connections.endNow(connection);
    }
  }, INTERVAL_MS).unref();
  fastify.server.once('close', () => {
    clearInterval(timer);
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    bodyQueue: BodyQueue;
  }
}

/** @returns infinity for a body that does not name its size */
function sizeOf({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}
