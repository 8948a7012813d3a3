import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * When the server closes, ends each connection as soon as no request is under way on it. Node itself
 * would wait a minute for a connection that has not sent anything yet.
 */
export function registerShutdown(fastify: FastifyInstance): void {
  const requests = new Map<Socket, number>();
  let isClosing = false;
  fastify.server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  fastify.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1;
      if (requests.has(socket)) requests.set(socket, left);
      if (isClosing && left === 0) socket.destroySoon();
    });
  });
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    for (const [socket, underWay] of requests) if (underWay === 0) socket.destroySoon();
    done();
  });
}
