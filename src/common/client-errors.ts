import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The latest request of a connection, and the response to the one before it where that was not complete. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly before: ServerResponse | undefined;
}

const exchanges = new WeakMap<Socket, Exchange>();

/** Remembers which request each connection carries, for {@link answerClientError}. */
export function registerClientErrors(server: Server): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const before = exchanges.get(request.socket)?.response;
    const exchange = { request, response, before: isUnderWay(before) ? before : undefined };
    exchanges.set(request.socket, exchange);
    // A connection that is kept would keep all that its last answer was made of.
    const forget = () => {
      if (exchanges.get(request.socket) === exchange) exchanges.delete(request.socket);
    };
    response.once('close', () => {
      if (request.complete) forget();
      else request.once('close', forget);
    });
  });
}

/**
 * Answers what is no HTTP, or does not arrive in time, and ends its connection. What was asked before it
 * over the same connection is answered first, so that no answer is taken for that to another request.
 */
export function answerClientError(error: { code?: string }, socket: Socket): void {
  const latest = exchanges.get(socket);
  const isAbout = latest !== undefined && !latest.request.complete;
  if (isAbout && latest.response.headersSent) {
    socket.destroy();
    return;
  }
  const before = isAbout ? latest.before : latest?.response;
  if (isUnderWay(before))
    before.once('finish', () => {
      refuse(error, socket);
    });
  else refuse(error, socket);
}

function isUnderWay(response: ServerResponse | undefined): response is ServerResponse {
  return response !== undefined && !response.writableFinished && !response.destroyed;
}

const MALFORMED = ['400 Bad Request', 'The request is not valid HTTP.'] as const;

const REFUSALS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'The header of the request is too large; send at most 16 KB.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time; send it again.'],
};

function refuse({ code = '' }: { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const [status, message] = REFUSALS[code] ?? MALFORMED;
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body))}\r\nX-Request-Id: ${randomUUID()}\r\n` +
      `Cache-Control: private, no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}
