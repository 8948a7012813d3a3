import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Actor } from '../support/actor.js';
import { API } from '../support/client.js';

export interface Sent {
  readonly method: string;
  /** Path from the root, such as `/health/ready`. */
  readonly path: string;
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** The name under which the record shows it. */
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a reply grants what was asked for; by default every success does. */
  readonly isGranted?: (reply: Reply) => boolean;
}

/** A complete response. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** No complete response arrived. */
export class NoReply extends Error {
  /**
   * @param began whether part of a response had arrived
   * @param code such as ECONNREFUSED
   */
  constructor(
    readonly began: boolean,
    readonly code: string,
  ) {
    super(`${began ? 'An answer was cut short' : 'No answer came'}: ${code}`);
  }
}

/** @returns a request of an actor; `path` is relative to `/api/v2` */
export function by({ token }: Actor, method: string, path: string, body?: object): Sent {
  return { method, path: API + path, token, ...(body === undefined ? {} : { body }) };
}

/** Persistent connections, one per concurrent request. */
export function keepAlive(): Agent {
  return new Agent({ keepAlive: true });
}

/** A new connection for each request. */
export const EACH_ITS_OWN = new Agent({ keepAlive: false });

/**
 * Sends one request without retries.
 * @param onSent called when the last byte has been handed to the operating system
 * @throws NoReply
 */
export function send(
  url: string,
  { method, path, token, body, requestId, headers: others }: Sent,
  agent: Agent,
  onSent?: () => void,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...others,
      ...(token === undefined ? {} : { authorization: `Token ${token}` }),
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...(content === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
    };
    const request = httpRequest(url + path, { method, headers, agent });
    let began = false;
    const fail = (error: NodeJS.ErrnoException) => {
      reject(new NoReply(began, error.code ?? error.message));
    };
    request.once('finish', () => onSent?.());
    request.on('error', fail);
    request.once('response', (response) => {
      began = true;
      response.on('error', fail);
      void textOf(response).then((text) => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        else reject(new NoReply(began, 'ended too early'));
      }, fail);
    });
    request.end(content);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
