import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Connections } from './connections.js';

/**
 * Answers what is no HTTP, or does not arrive in time, and ends its connection. What was asked before it
 * over the same connection is answered first, so that no answer is taken for that to another request.
 */
export function answerClientError(error: { code?: string }, socket: Socket, connections: Connections): void {
  const connection = connections.of(socket);
  const latest = connection?.latest;
  const isAbout = latest !== undefined && !latest.request.complete;
  if (isAbout && latest.response.headersSent) {
    socket.destroy();
    return;
  }
  const before = connection?.responseBefore(isAbout);
  if (before === undefined) refuse(error, socket);
  else
    before.once('finish', () => {
      refuse(error, socket);
    });
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
