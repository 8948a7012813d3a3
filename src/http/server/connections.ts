import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { atBounds } from '../../observability/events.js';
import { ClientConnection } from './connection.js';
import type { ConnectionBounds } from './open-files.js';
import { refuse } from './refusals.js';

/** Requests in progress on one connection; clients that pipeline send fewer. */
const MAX_PIPELINED = 32;

/** Unread response bytes with which a connection may still send another request. */
const MAX_UNREAD = 8 * 1024 * 1024;

/** Bytes in memory for all clients together: unread responses and unfinished bodies. */
const MAX_HELD = 64 * 1024 * 1024;

/** Weight of the bytes of a connection without traffic, which is closed sooner. */
const STALLED_WEIGHT = 4;

/** Interval at which bytes in memory are counted. */
const COUNT_INTERVAL_MS = 100;

/** Interval of the log line about refusals. */
const LOG_INTERVAL_MS = 1000;

/** Share of a bound that is freed at once, because each search visits all connections. */
const FREED_SHARE = 1 / 16;

/**
 * Tracks all connections and bounds the memory that clients can occupy. At a bound it closes connections that wait
 * for their clients, also those whose large bodies wait for room, but none whose request the service works on.
 */
export class Connections {
  /** Requests in progress on all connections, without those that are parked. */
  inProgress = 0;
  /** Requests that have arrived so far, without health checks. */
  arrived = 0;
  private readonly open = new Map<Socket, ClientConnection>();
  /** Responses that wait for something to happen, see {@link park}. */
  private readonly parked = new Map<ServerResponse, () => void>();
  /** Event counter, which orders connections by their last event without reading a clock. */
  private now = 0;
  private isDraining = false;
  private isClosing = false;
  private ended = 0;
  private refused = 0;

  constructor(
    private readonly bounds: ConnectionBounds,
    private readonly logger: Logger,
  ) {}

  /** Passes only requests within the bounds to the server's own listener. */
  watch(server: Server): void {
    const [handle] = server.listeners('request') as RequestListener[];
    if (handle === undefined) throw new Error('The server has no listener for requests yet.');
    server.removeListener('request', handle);
    server.on('connection', (socket: Socket) => {
      this.accept(socket);
    });
    server.on('request', (request, response) => {
      if (!this.admits(request, response)) return;
      this.of(request.socket)?.handleInOrder(request, response, () => {
        handle(request, response);
      });
    });
    const count = setInterval(() => {
      this.boundHeldBytes();
    }, COUNT_INTERVAL_MS).unref();
    const log = setInterval(() => {
      this.logRefusals();
    }, LOG_INTERVAL_MS).unref();
    server.once('close', () => {
      clearInterval(count);
      clearInterval(log);
      this.logRefusals();
    });
  }

  of(socket: Socket): ClientConnection | undefined {
    return this.open.get(socket);
  }

  /** Upper bound for {@link park}: three quarters of the connections remain for requests that the service works on. */
  get maxParked(): number {
    return Math.floor(this.bounds.connections / 4);
  }

  /**
   * Stops counting a request as in progress, because it waits for something to happen, not for the service. The caller
   * bounds the number of these requests by {@link maxParked}.
   * @param onEnd called when the response has been sent or its connection is closed; at once if it is closed already
   */
  park(socket: Socket, response: ServerResponse, onEnd: () => void): void {
    if (this.open.get(socket)?.inProgress.has(response) !== true) {
      onEnd();
      return;
    }
    this.parked.set(response, onEnd);
    this.inProgress -= 1;
  }

  /** From now on, each response closes its connection. */
  drain(): void {
    this.isDraining = true;
  }

  /**
   * Closes each connection as soon as it has no request in progress. Node itself would wait a minute for a connection
   * that has not sent anything yet.
   */
  close(): void {
    this.isClosing = true;
    for (const { socket, inProgress } of this.open.values()) if (inProgress.size === 0) socket.destroySoon();
  }

  private accept(socket: Socket): void {
    if (this.open.size >= this.bounds.connections && !this.free(this.bounds.connections, (each) => each.isIdle)) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    const connection = new ClientConnection(socket, (this.now += 1));
    this.open.set(socket, connection);
    socket.once('close', () => {
      this.forget(connection);
    });
  }

  /** @returns whether the request may be handled; otherwise it is refused */
  private admits(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.open.get(request.socket);
    // Node still parses the rest of a chunk after its connection is destroyed.
    if (connection === undefined || connection.ignores()) return false;
    if (!request.url?.startsWith('/health/')) this.arrived += 1;
    if (connection.inProgress.size >= MAX_PIPELINED || connection.unread > MAX_UNREAD) {
      this.refused += 1;
      connection.refuseRest();
      response.shouldKeepAlive = false;
      refuse(request, response);
      return false;
    }
    if (this.isDraining) response.shouldKeepAlive = false;
    this.begin(connection, request, response);
    if (this.inProgress <= this.bounds.requests || request.url === '/health/live') return true;
    if (this.free(this.bounds.requests, (each) => each !== connection && each.isStalled)) return true;
    this.refused += 1;
    refuse(request, response);
    return false;
  }

  private begin(connection: ClientConnection, request: IncomingMessage, response: ServerResponse): void {
    this.inProgress += 1;
    connection.begin(request, response, (this.now += 1));
    response.once('close', () => {
      if (!connection.end(request, response, (this.now += 1))) return;
      this.discount(response);
      if (this.isClosing && connection.inProgress.size === 0) connection.socket.destroySoon();
    });
  }

  private forget(connection: ClientConnection): void {
    if (!this.open.delete(connection.socket)) return;
    // Node emits no close event for responses that wait behind another one.
    connection.inProgress.forEach((response) => {
      this.discount(response);
    });
    connection.clear();
  }

  private discount(response: ServerResponse): void {
    const onEnd = this.parked.get(response);
    if (onEnd === undefined) this.inProgress -= 1;
    this.parked.delete(response);
    onEnd?.();
  }

  /**
   * Closes a share of the connections that may be closed, least recently active first.
   * @returns whether any was closed
   */
  private free(bound: number, mayBeClosed: (connection: ClientConnection) => boolean): boolean {
    const candidates = [...this.open.values()].filter(mayBeClosed).sort((a, b) => a.since - b.since);
    const chosen = candidates.slice(0, Math.ceil(bound * FREED_SHARE));
    for (const connection of chosen) this.endNow(connection);
    return chosen.length > 0;
  }

  /** Closes the connections with the most bytes in memory; without traffic, bytes count {@link STALLED_WEIGHT} times. */
  private boundHeldBytes(): void {
    if (this.inProgress + this.parked.size === 0) return;
    const holding = [...this.open.values()].flatMap((connection) => {
      const { held } = connection;
      return held === 0 ? [] : [{ connection, held, weight: connection.hasMoved() ? held : held * STALLED_WEIGHT }];
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

  endNow(connection: ClientConnection): void {
    this.ended += 1;
    this.forget(connection);
    connection.socket.destroy();
  }

  private logRefusals(): void {
    const { refused, ended } = this;
    if (refused + ended === 0) return;
    this.refused = this.ended = 0;
    atBounds.send({ refused, ended });
    this.logger.warn({ refused, ended }, 'connections or requests refused at a limit');
  }
}

/** Tracks the connections of a server, and closes them when the server closes. */
export function registerConnections(fastify: FastifyInstance, connections: Connections): void {
  connections.watch(fastify.server);
  fastify.decorate('connections', connections);
  fastify.addHook('onRoute', (route) => {
    if (route.config?.oneAtATime !== true) return;
    route.preHandler = ({ raw: { socket } }, { raw }, done) => {
      const connection = connections.of(socket);
      if (connection === undefined) done();
      else connection.awaitTurn(raw, done);
    };
  });
  fastify.addHook('preClose', (done) => {
    connections.close();
    done();
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections;
  }

  interface FastifyContextConfig {
    /** The response is large, so it is created only after the earlier responses on its connection have been sent. */
    oneAtATime?: boolean;
  }
}
