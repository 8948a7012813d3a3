import type { FastifyInstance, FastifyRequest } from 'fastify';
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
  readonly address: string;
  readonly size: number;
  readonly begin: Begin;
}

interface Arriving {
  readonly address: string;
  readonly size: number;
  /** Bytes that the connection had received at the last look. */
  seen?: number;
}

/**
 * Bounds the memory of bodies that have not arrived completely. Beyond the bound, further large bodies wait. The service
 * does not read them meanwhile, so that their bytes stay with the client. The address of which the fewest bytes arrive
 * comes first, so that a client with many bodies makes others wait for one of them and not for all.
 */
export class BodyQueue {
  private readonly waiting = new Map<IncomingMessage, Waiting>();
  private readonly arriving = new Map<IncomingMessage, Arriving>();
  /** Bytes of the arriving bodies by the address of the client. */
  private readonly bytesOf = new Map<string, number>();
  private arrivingBytes = 0;

  /**
   * Calls `begin` as soon as there is room for the body of a request. Nobody may read it before.
   * @param max bytes that the reader keeps at most
   */
  enter({ raw: body, ip: address }: FastifyRequest, max: number, begin: Begin): void {
    const size = Math.min(max, sizeOf(body));
    if (size < MIN_LARGE) {
      begin();
      return;
    }
    this.waiting.set(body, { address, size, begin });
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
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const [body, { address, size, begin }] = next;
      if (this.arrivingBytes + size > MAX_ARRIVING) return;
      this.waiting.delete(body);
      this.arriving.set(body, { address, size });
      this.count(address, size);
      begin();
    }
  }

  /** @returns the body that waits the longest of those whose addresses have the fewest bytes arriving */
  private next(): [IncomingMessage, Waiting] | undefined {
    let first: [IncomingMessage, Waiting] | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const each of this.waiting) {
      const bytes = this.bytesOf.get(each[1].address) ?? 0;
      if (bytes < fewest) [first, fewest] = [each, bytes];
    }
    return first;
  }

  private leave(body: IncomingMessage): void {
    const waiting = this.waiting.get(body);
    this.waiting.delete(body);
    waiting?.begin(body.errored ?? undefined);
    const arriving = this.arriving.get(body);
    if (arriving !== undefined) this.count(arriving.address, -arriving.size);
    this.arriving.delete(body);
    this.admit();
  }

  private count(address: string, bytes: number): void {
    const ofAddress = (this.bytesOf.get(address) ?? 0) + bytes;
    if (ofAddress === 0) this.bytesOf.delete(address);
    else this.bytesOf.set(address, ofAddress);
    this.arrivingBytes += bytes;
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
