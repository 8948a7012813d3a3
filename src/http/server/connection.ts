import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that are ignored after a refusal; one more, and the connection is destroyed. */
const MAX_IGNORED = 32;

/** The latest request of a connection, until it has arrived and its response is sent. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Bytes that the connection had received when the headers of the request were parsed. */
  readonly bytesBefore: number;
}

/** Methods whose requests change nothing, so that they may run in parallel. */
const SAFE_METHODS = new Set<string | undefined>(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** A pipelined request that has not been handled yet. */
interface Held {
  readonly isSafe: boolean;
  readonly response: ServerResponse;
  readonly handle: () => void;
}

/** The requests in progress on one connection. */
export class ClientConnection {
  /** Responses that are not sent completely, in the order of their requests. */
  readonly inProgress = new Set<ServerResponse>();
  latest: Exchange | undefined;
  /** Undefined if the client was gone before the connection was accepted. */
  private readonly address: string | undefined;
  private ignored: number | undefined;
  private moved = -1;
  /** Callbacks of large responses that wait for the responses before them. */
  private readonly turns = new Map<ServerResponse, () => void>();
  private readonly heldBack: Held[] = [];
  /** Responses to requests that are being handled, and whether their methods are safe. */
  private readonly handled = new Map<ServerResponse, boolean>();

  /** @param since time of the last event, on the event counter of {@link Connections} */
  constructor(
    readonly socket: Socket,
    public since: number,
  ) {
    // Node returns the address of a closed connection only if it was read before, and requests in progress need it.
    this.address = socket.remoteAddress;
  }

  begin(request: IncomingMessage, response: ServerResponse, now: number): void {
    this.since = now;
    this.inProgress.add(response);
    this.latest = { request, response, bytesBefore: this.socket.bytesRead };
  }

  /** @returns whether the response was in progress */
  end(request: IncomingMessage, response: ServerResponse, now: number): boolean {
    this.since = now;
    // Otherwise an idle connection would keep its last request and response in memory.
    if (request.complete) this.forget(request);
    else
      request.once('close', () => {
        this.forget(request);
      });
    const wasInProgress = this.inProgress.delete(response);
    if (this.handled.delete(response)) this.handleNext();
    if (this.turns.size > 0) this.callFirst();
    return wasInProgress;
  }

  /**
   * Calls `handle` as soon as the order of pipelined requests allows: a request with an unsafe method waits for all
   * earlier requests, and every request waits for earlier ones with unsafe methods. Otherwise the last of two changes
   * might not win, and a revoked key might still work.
   */
  handleInOrder(request: IncomingMessage, response: ServerResponse, handle: () => void): void {
    const isSafe = SAFE_METHODS.has(request.method);
    // Nearly every request is alone, and a queue takes a microsecond.
    if (this.handled.size === 0 && this.heldBack.length === 0) {
      this.handled.set(response, isSafe);
      handle();
      return;
    }
    this.heldBack.push({ isSafe, response, handle });
    this.handleNext();
  }

  /** Drops everything, because the connection is closed. */
  clear(): void {
    this.inProgress.clear();
    this.heldBack.length = 0;
  }

  /** Calls `done` when all responses before this one have been sent. */
  awaitTurn(response: ServerResponse, done: () => void): void {
    this.turns.set(response, done);
    this.callFirst();
  }

  /**
   * @param isAboutLatest whether the latest request has not arrived completely, so that its response does not count
   * @returns the last response that is still to be sent
   */
  responseBefore(isAboutLatest: boolean): ServerResponse | undefined {
    const excluded = isAboutLatest ? this.latest?.response : undefined;
    return [...this.inProgress].findLast((response) => response !== excluded && !response.writableFinished);
  }

  /** Stops reading, because the refusal is the last response. */
  refuseRest(): void {
    this.ignored = 0;
    this.socket.pause();
  }

  /** @returns whether the request must be ignored, because the connection is closing or its client is gone */
  ignores(): boolean {
    if (this.address === undefined) return true;
    if (this.ignored === undefined) return false;
    this.ignored += 1;
    if (this.ignored > MAX_IGNORED) this.socket.destroy();
    return true;
  }

  get isIdle(): boolean {
    return this.inProgress.size === 0 || this.isStalled;
  }

  /** Whether a request in progress waits for the client to read the response or to send the rest of the body. */
  get isStalled(): boolean {
    return this.held > 0;
  }

  /** @returns whether bytes were transferred since the last call */
  hasMoved(): boolean {
    const { bytesRead, bytesWritten, writableLength } = this.socket;
    const before = this.moved;
    this.moved = bytesRead + bytesWritten - writableLength;
    return this.moved !== before;
  }

  /** Response bytes that the client has not read. */
  get unread(): number {
    let bytes = 0;
    for (const response of this.inProgress) bytes += response.writableLength;
    return bytes;
  }

  /** Bytes in memory until the client reads the response or sends the rest of its request. */
  get held(): number {
    const { latest } = this;
    if (latest === undefined || latest.request.complete) return this.unread;
    return this.unread + Math.max(1, this.socket.bytesRead - latest.bytesBefore);
  }

  private handleNext(): void {
    for (let [next] = this.heldBack; next !== undefined; [next] = this.heldBack) {
      const mayBegin = next.isSafe ? ![...this.handled.values()].includes(false) : this.handled.size === 0;
      if (!mayBegin) return;
      this.heldBack.shift();
      this.handled.set(next.response, next.isSafe);
      next.handle();
    }
  }

  private callFirst(): void {
    const [first] = this.inProgress;
    const done = first && this.turns.get(first);
    if (done === undefined || first === undefined) return;
    this.turns.delete(first);
    done();
  }

  private forget(request: IncomingMessage): void {
    if (this.latest?.request === request) this.latest = undefined;
  }
}
