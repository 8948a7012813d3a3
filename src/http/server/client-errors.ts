import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { HTTP_MESSAGES } from '../output/http-messages.js';
import type { Connections } from './connections.js';

/** Sockets with an error that has been, or will be, answered. */
const failed = new WeakSet<Socket>();

/**
 * Responds to invalid HTTP and to requests that time out, then closes the connection. Responses to earlier pipelined
 * requests are sent first, because clients match responses to requests by order.
 */
export function respondToClientError(error: { code?: string }, socket: Socket, connections: Connections): void {
  // Node reports each further chunk of the same connection again.
  if (failed.has(socket)) {
    socket.destroy();
    return;
  }
  failed.add(socket);
  const connection = connections.of(socket);
  const latest = connection?.latest;
  const isAboutLatest = latest !== undefined && !latest.request.complete;
  if (isAboutLatest && latest.response.headersSent) {
    socket.destroy();
    return;
  }
  const before = connection?.responseBefore(isAboutLatest);
  if (before === undefined) refuse(error, socket);
  else
    before.once('finish', () => {
      refuse(error, socket);
    });
}

const MALFORMED = ['400 Bad Request', 'The request is not valid HTTP.'] as const;

const BY_CODE: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', HTTP_MESSAGES[431]],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', HTTP_MESSAGES[408]],
};

function refuse({ code = '' }: { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const [status, message] = BY_CODE[code] ?? MALFORMED;
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body))}\r\nX-Request-Id: ${randomUUID()}\r\n` +
      `Cache-Control: private, no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}
