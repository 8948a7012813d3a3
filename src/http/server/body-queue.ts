import { BadRequestException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { addressKeyOf } from '../../limits/address-key.js';
import type { Connections } from './connections.js';

/** Bytes of large bodies that may arrive at the same time. */
const MAX_ARRIVING = 32 * 1024 * 1024;

/** Smaller bodies do not wait: most of their bytes arrive together with their headers. */
const MIN_LARGE = 65_536;

/** While others wait, a body that advances by fewer bytes in an interval gives way. */
const INTERVAL_MS = 500;
const MIN_BYTES_PER_INTERVAL = 32_768;

/** Called when a body may be read, or with an error if its connection is closed. */
type OnRoom = (lost?: Error) => void;

interface Body {
  /** The client, by {@link addressKeyOf}. */
  readonly address: string;
  /** Most bytes that it occupies. */
  readonly size: number;
}

interface WaitingBody extends Body {
  readonly onRoom: OnRoom;
}

interface ArrivingBody extends Body {
  /** Bytes that the connection had received at the last check. */
  bytesAtCheck?: number;
}

/**
 * Bounds the memory of bodies that have not arrived completely. Beyond the bound, further large bodies wait. The service
 * does not read them meanwhile, so that their bytes stay with the client. The address with the fewest arriving bytes
 * comes first, so that a client with many bodies delays others by one of them and not by all.
 */
export class BodyQueue {
  private readonly waiting = new Map<IncomingMessage, WaitingBody>();
  private readonly arriving = new Map<IncomingMessage, ArrivingBody>();
  private readonly arrivingBytesOf = new Map<string, number>();
  private arrivingBytes = 0;

  /**
   * Calls `onRoom` as soon as there is room for the body of a request. The caller must not read it earlier.
   * @param maxKept bytes of the body that the caller keeps at most
   */
  enter({ raw, ip }: FastifyRequest, maxKept: number, onRoom: OnRoom): void {
    const size = Math.min(maxKept, sizeOf(raw));
    if (size < MIN_LARGE) {
      onRoom();
      return;
    }
    if (raw.destroyed) {
      onRoom(lossOf(raw));
      return;
    }
    this.waiting.set(raw, { address: addressKeyOf(ip), size, onRoom });
    raw.once('close', () => {
      this.leave(raw);
    });
    this.admit();
  }

  /**
   * Call it once in {@link INTERVAL_MS}.
   * @returns the requests whose bodies must give way: those that have advanced too little since the last call, unless
   *   their address has fewer bytes arriving than that of the body that waits
   */
  takeSlow(): IncomingMessage[] {
    const [, next] = this.next() ?? [];
    if (next === undefined) return [];
    const slow: IncomingMessage[] = [];
    for (const [request, body] of this.arriving) {
      const { bytesRead } = request.socket;
      const isSlow = body.bytesAtCheck !== undefined && bytesRead - body.bytesAtCheck < MIN_BYTES_PER_INTERVAL;
      body.bytesAtCheck = bytesRead;
      if (isSlow && this.bytesOf(body) >= this.bytesOf(next)) slow.push(request);
    }
    return slow;
  }

  private admit(): void {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const [request, { address, size, onRoom }] = next;
      if (this.arrivingBytes + size > MAX_ARRIVING) return;
      this.waiting.delete(request);
      this.arriving.set(request, { address, size });
      this.count(address, size);
      onRoom();
    }
  }

  /** @returns of the bodies whose addresses have the fewest bytes arriving, the one that has waited longest */
  private next(): [IncomingMessage, WaitingBody] | undefined {
    let first: [IncomingMessage, WaitingBody] | undefined;
    for (const each of this.waiting) {
      if (first === undefined || this.bytesOf(each[1]) < this.bytesOf(first[1])) first = each;
    }
    return first;
  }

  private bytesOf({ address }: Body): number {
    return this.arrivingBytesOf.get(address) ?? 0;
  }

  private leave(request: IncomingMessage): void {
    const waiting = this.waiting.get(request);
    if (waiting !== undefined) {
      this.waiting.delete(request);
      waiting.onRoom(lossOf(request));
    }
    const arriving = this.arriving.get(request);
    if (arriving !== undefined) {
      this.arriving.delete(request);
      this.count(arriving.address, -arriving.size);
      this.admit();
    }
  }

  private count(address: string, bytes: number): void {
    const ofAddress = (this.arrivingBytesOf.get(address) ?? 0) + bytes;
    if (ofAddress === 0) this.arrivingBytesOf.delete(address);
    else this.arrivingBytesOf.set(address, ofAddress);
    this.arrivingBytes += bytes;
  }
}

/** Makes large bodies wait for room, and closes the connections of those that give way. */
export function registerBodyQueue(fastify: FastifyInstance, connections: Connections): void {
  const queue = new BodyQueue();
  fastify.decorate('bodyQueue', queue);
  const timer = setInterval(() => {
    for (const { socket } of queue.takeSlow()) {
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

/** @returns the error of a closed connection, whose client receives no response */
function lossOf({ errored }: IncomingMessage): Error {
  return errored ?? new BadRequestException();
}

/** @returns infinity for a body that does not name its size */
function sizeOf({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}
