import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from './exchange.js';

const CHECK_EVERY_MS = 25;

interface Backend {
  readonly url: string;
  isReady: boolean;
}

/**
 * Load balancer in front of the service: round robin over the processes whose `/health/ready` succeeds,
 * with a fallback to the next one if a connection is refused.
 */
export class Balancer {
  private backends: Backend[] = [];
  private turn = 0;
  private isStopped = false;
  private checking: Promise<void> = Promise.resolve();
  private readonly agent = new Agent({ keepAlive: true });
  /** Keeps idle connections: a client that sends as one is closed gets no response, which no process caused. */
  private readonly server = createServer(
    { keepAliveTimeout: 0 },
    (request, response) => void this.pass(request, response),
  );

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.checking = this.check();
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.server.close();
    this.server.closeAllConnections();
    await this.checking;
    this.agent.destroy();
  }

  add(url: string): void {
    this.backends.push({ url, isReady: false });
  }

  remove(url: string): void {
    this.backends = this.backends.filter((backend) => backend.url !== url);
  }

  isReady(url: string): boolean {
    return this.backends.some((backend) => backend.url === url && backend.isReady);
  }

  private async check(): Promise<void> {
    const checks = new Agent({ keepAlive: false });
    while (!this.isStopped) {
      for (const backend of this.backends) {
        const reply = await send(backend.url, { method: 'GET', path: '/health/ready' }, checks).catch(() => null);
        backend.isReady = reply?.status === 200;
      }
      await sleep(CHECK_EVERY_MS);
    }
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.turn += 1;
    const ready = this.backends.filter(({ isReady }) => isReady);
    const first = this.turn % Math.max(1, ready.length);
    for (const backend of [...ready.slice(first), ...ready.slice(0, first)]) {
      if (await this.forward(backend.url, request, body, response)) return;
    }
    response.writeHead(502).end('No process takes the request.');
  }

  /** @returns false if the connection was refused, so that another process can be tried */
  private forward(
    url: string,
    { method, url: path = '', headers }: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ) {
    return new Promise<boolean>((resolve) => {
      const forwarded = { ...headers, connection: 'keep-alive' };
      const request = httpRequest(url + path, { method, headers: forwarded, agent: this.agent });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isRefused = error.code === 'ECONNREFUSED';
        resolve(!isRefused);
        if (!isRefused && !response.headersSent) response.writeHead(502).end(error.message);
        else if (!isRefused) response.destroy();
      });
      request.once('response', (incoming) => {
        resolve(true);
        const { connection: _, ...kept } = incoming.headers;
        response.writeHead(incoming.statusCode ?? 502, kept);
        incoming.on('error', () => response.destroy());
        incoming.pipe(response);
      });
      request.end(body);
    });
  }
}
