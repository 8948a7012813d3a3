import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many more requests a connection may send after it was refused one; then it ends at once. */
const MAX_IGNORED = 32;

/** The latest request of a connection, until it has arrived and its response has been sent. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the connection had received when the header of the request was read. */
  readonly bytesBefore: number;
}

/** What one connection carries. */
export class Connection {
  /** Responses that have not been sent completely, in the order of their requests. */
  readonly underWay = new Set<ServerResponse>();
  latest: Exchange | undefined;
  private ignored: number | undefined;
  private moved = -1;

  /** @param since when it was last heard of, in events of all connections */
  constructor(
    readonly socket: Socket,
    public since: number,
  ) {}

  begin(request: IncomingMessage, response: ServerResponse, now: number): void {
    this.since = now;
    this.underWay.add(response);
    this.latest = { request, response, bytesBefore: this.socket.bytesRead };
  }

  /** @returns whether the response was under way */
  end(request: IncomingMessage, response: ServerResponse, now: number): boolean {
    this.since = now;
    // A persistent connection would keep everything that its last response was made of.
    if (request.complete) this.forget(request);
    else
      request.once('close', () => {
        this.forget(request);
      });
    return this.underWay.delete(response);
  }

  /** @returns the response under way before the latest request, which has not arrived completely, or else the last one */
  responseBefore(isAboutLatest: boolean): ServerResponse | undefined {
    const left = isAboutLatest ? this.latest?.response : undefined;
    return [...this.underWay].findLast((response) => response !== left && !response.writableFinished);
  }

  /** Stops reading; the refusal is the last response. */
  refuseRest(): void {
    this.ignored = 0;
    this.socket.pause();
  }

  /** @returns whether the next request is to be ignored, because the connection is about to end */
  ignores(): boolean {
    if (this.ignored === undefined) return false;
    this.ignored += 1;
    if (this.ignored > MAX_IGNORED) this.socket.destroy();
    return true;
  }

  get isIdle(): boolean {
    return this.underWay.size === 0 || this.isStalled;
  }

  /** Whether a request is under way that waits for the client: to read the response, or to send the rest. */
  get isStalled(): boolean {
    return this.held > 0;
  }

  /** @returns whether bytes have come or gone since this was asked last */
  hasMoved(): boolean {
    const { bytesRead, bytesWritten, writableLength } = this.socket;
    const before = this.moved;
    this.moved = bytesRead + bytesWritten - writableLength;
    return this.moved !== before;
  }

  /** Bytes that wait for the client to read. */
  get unread(): number {
    let bytes = 0;
    for (const response of this.underWay) bytes += response.writableLength;
    return bytes;
  }

  /** Bytes that are held until the client reads, or sends the rest of its request. */
  get held(): number {
    const { latest } = this;
    if (latest === undefined || latest.request.complete) return this.unread;
    return this.unread + Math.max(1, this.socket.bytesRead - latest.bytesBefore);
  }

  private forget(request: IncomingMessage): void {
    if (this.latest?.request === request) this.latest = undefined;
  }
}
