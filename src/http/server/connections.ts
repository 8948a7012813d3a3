import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { Connection } from './connection.js';
import { refuse } from './refusals.js';

/** How many connections there may be, and how many requests may be under way on all of them. */
export interface ConnectionBounds {
  readonly connections: number;
  readonly requests: number;
}

/** How many requests of one connection may be under way; HTTP clients that pipeline send fewer. */
const MAX_PIPELINED = 32;

/** How many bytes one connection may leave unread when it sends the next request. */
const MAX_UNREAD = 8 * 1024 * 1024;

/** How many bytes may be held for all clients together: responses that they do not read, bodies that they do not end. */
export const MAX_HELD = 64 * 1024 * 1024;

/** How much sooner a connection gives way over which nothing comes or goes, by the bytes it holds. */
const STILL_FACTOR = 4;

/** How often the bytes are counted, in milliseconds. */
const COUNT_EVERY_MS = 100;

/** How often a log line says how many were turned away, in milliseconds. */
const LOG_EVERY_MS = 1000;

/** The share of a bound that is freed at once when the bound is reached, so that the search for it is rare. */
const FREED_SHARE = 1 / 16;

/**
 * The one place that knows which connections there are and what they carry. It bounds what clients can make
 * the process hold: at a bound, connections that wait for their clients end, never those that wait for us.
 */
export class Connections {
  /** Requests under way on all connections. */
  underWay = 0;
  /** How many requests have arrived, those of health excepted. */
  arrived = 0;
  private readonly open = new Map<Socket, Connection>();
  /** Counts events, so that connections can be ordered by their last one without a clock. */
  private now = 0;
  private isDraining = false;
  private isClosing = false;
  private ended = 0;
  private refused = 0;

  constructor(
    private readonly bounds: ConnectionBounds,
    private readonly logger: Logger,
  ) {}

  /** Lets the server's own listener see only the requests that are within the bounds. */
  watch(server: Server): void {
    const [handle] = server.listeners('request') as RequestListener[];
    if (handle === undefined) throw new Error('The server has no listener for requests yet.');
    server.removeListener('request', handle);
    server.on('connection', (socket: Socket) => {
      this.accept(socket);
    });
    server.on('request', (request, response) => {
      if (this.admits(request, response)) handle(request, response);
    });
    const count = setInterval(() => {
      this.boundHeldBytes();
    }, COUNT_EVERY_MS).unref();
    const log = setInterval(() => {
      this.logRefusals();
    }, LOG_EVERY_MS).unref();
    server.once('close', () => {
      clearInterval(count);
      clearInterval(log);
      this.logRefusals();
    });
  }

  of(socket: Socket): Connection | undefined {
    return this.open.get(socket);
  }

  /** From now on each response ends its connection. */
  drain(): void {
    this.isDraining = true;
  }

  /**
   * Ends each connection as soon as no request is under way on it. Node itself would wait a minute for a
   * connection that has not sent anything yet.
   */
  close(): void {
    this.isClosing = true;
    for (const { socket, underWay } of this.open.values()) if (underWay.size === 0) socket.destroySoon();
  }

  private accept(socket: Socket): void {
    if (this.open.size >= this.bounds.connections && !this.free(this.bounds.connections, (each) => each.isIdle)) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, (this.now += 1));
    this.open.set(socket, connection);
    socket.once('close', () => {
      this.forget(connection);
    });
  }

  /** @returns whether the request may be handled; otherwise it has been refused */
  private admits(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.open.get(request.socket);
    // What one chunk contained is still parsed after its connection was ended.
    if (connection === undefined || connection.ignores()) return false;
    if (!request.url?.startsWith('/health/')) this.arrived += 1;
    if (connection.underWay.size >= MAX_PIPELINED || connection.unread > MAX_UNREAD) {
      this.refused += 1;
      connection.refuseRest();
      response.shouldKeepAlive = false;
      refuse(request, response);
      return false;
    }
    if (this.isDraining) response.shouldKeepAlive = false;
    this.begin(connection, request, response);
    if (this.underWay <= this.bounds.requests || request.url === '/health/live') return true;
    if (this.free(this.bounds.requests, (each) => each !== connection && each.isStalled)) return true;
    this.refused += 1;
    refuse(request, response);
    return false;
  }

  private begin(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    this.underWay += 1;
    connection.begin(request, response, (this.now += 1));
    response.once('close', () => {
      if (!connection.end(request, response, (this.now += 1))) return;
      this.underWay -= 1;
      if (this.isClosing && connection.underWay.size === 0) connection.socket.destroySoon();
    });
  }

  private forget(connection: Connection): void {
    if (!this.open.delete(connection.socket)) return;
    // Node does not close the responses that were waiting for their turn.
    this.underWay -= connection.underWay.size;
    connection.underWay.clear();
  }

  /**
   * Ends a share of the connections that may give way, those that have waited longest first.
   * @returns whether there was one
   */
  private free(bound: number, mayGiveWay: (connection: Connection) => boolean): boolean {
    const candidates = [...this.open.values()].filter(mayGiveWay).sort((a, b) => a.since - b.since);
    const chosen = candidates.slice(0, Math.ceil(bound * FREED_SHARE));
    for (const connection of chosen) this.endNow(connection);
    return chosen.length > 0;
  }

  /** Ends first the connections that hold most; where nothing comes or goes, bytes count {@link STILL_FACTOR} times. */
  private boundHeldBytes(): void {
    if (this.underWay === 0) return;
    const holding = [...this.open.values()].flatMap((connection) => {
      const { held } = connection;
      return held === 0 ? [] : [{ connection, held, weight: connection.hasMoved() ? held : held * STILL_FACTOR }];
    });
    let held = holding.reduce((sum, each) => sum + each.held, 0);
    if (held <= MAX_HELD) return;
    holding.sort((a, b) => b.weight - a.weight);
    for (const each of holding) {
      held -= each.held;
      this.endNow(each.connection);
      if (held <= MAX_HELD / 2) return;
    }
  }

  private endNow(connection: Connection): void {
    this.ended += 1;
    this.forget(connection);
    connection.socket.destroy();
  }

  private logRefusals(): void {
    const { refused, ended } = this;
    if (refused + ended === 0) return;
    this.refused = this.ended = 0;
    this.logger.warn({ refused, ended }, 'clients at a bound');
  }
}

/** Watches the connections of a server, and ends them when it closes. */
export function registerConnections(fastify: FastifyInstance, connections: Connections): void {
  connections.watch(fastify.server);
  fastify.decorate('connections', connections);
  fastify.addHook('preClose', (done) => {
    connections.close();
    done();
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections;
  }
}
