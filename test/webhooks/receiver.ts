import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Entry } from '../../src/record/entry.js';
import { until } from '../support/until.js';
import type { Certificate } from './certificate.js';

/** A message that a receiver was sent. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly entry: Entry;
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
}

/** What a receiver responds, or `hang` for nothing. */
export type Reply = { readonly status: number; readonly headers?: Record<string, string> } | 'hang';

const ACCEPTED: Reply = { status: 204 };

/** A receiver of webhooks. */
export class Receiver {
  /** Every message, in the order of arrival. */
  readonly received: Received[] = [];
  /** Responses to the next messages; afterwards each is accepted. */
  readonly replies: Reply[] = [];
  /** Connections that were opened. */
  connections = 0;
  private readonly server: Server;

  /** @param respond replaces {@link replies}, for bodies that are no message of the service */
  constructor(certificate: Certificate, respond?: (request: IncomingMessage, response: ServerResponse) => void) {
    this.server = createServer(certificate, (request, response) => {
      if (respond === undefined) void this.take(request, response);
      else respond(request, response);
    });
    this.server.on('connection', () => (this.connections += 1));
  }

  async listen(): Promise<this> {
    this.server.listen(0);
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  url(host = '127.0.0.1'): string {
    return `https://${host}:${String(this.port)}/hook?tenant=1`;
  }

  /** The positions of the messages, in the order of arrival. */
  get positions(): number[] {
    return this.received.map(({ entry }) => entry.position);
  }

  /** @returns the messages, once there are `count` */
  async of(count: number): Promise<Received[]> {
    await until(() => this.received.length >= count);
    return this.received;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString();
    const { data } = JSON.parse(body) as { data: Entry };
    this.received.push({ headers: request.headers as Record<string, string>, body, entry: data, at: Date.now() });
    const reply = this.replies.shift() ?? ACCEPTED;
    if (reply !== 'hang') response.writeHead(reply.status, reply.headers).end();
  }
}

/** @returns the payload. @throws WebhookVerificationError the secret did not sign the message */
export function verify(secret: string, { body, headers }: Received): unknown {
  return new Webhook(secret).verify(body, { ...headers });
}
