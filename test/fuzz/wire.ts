import { request as httpRequest, type Agent, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { FuzzRequest } from './requests.js';

/** A response as received. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The response is missing or incomplete. The previous request on the same connection may be the cause. */
export class Dropped extends Error {
  constructor(
    why: string,
    readonly before: FuzzRequest | undefined,
  ) {
    super(why);
  }
}

/** The last request of each connection. */
const lastOver = new WeakMap<Socket, FuzzRequest>();

/** Time after which a response counts as dropped: longer than any time-out of the service, and than any wait. */
const PATIENCE_MS = 45_000;

/**
 * Sends a request unchanged.
 * @throws Dropped if the response is missing or incomplete
 */
export function exchange(url: string, agent: Agent, sent: FuzzRequest): Promise<Reply> {
  const { method, sender, headers, body } = sent;
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let before: FuzzRequest | undefined;
    const drop = (why: string) => {
      reject(new Dropped(why, before));
    };
    const request = httpRequest({
      agent,
      hostname,
      port,
      method,
      path: targetOf(sent),
      timeout: PATIENCE_MS,
      headers: {
        ...(sender.authorization === undefined ? {} : { authorization: sender.authorization }),
        ...headers,
        ...(body === undefined ? {} : { 'content-length': body.length }),
      },
    });
    request.once('socket', (socket) => {
      before = lastOver.get(socket);
      lastOver.set(socket, sent);
    });
    request.once('timeout', () => request.destroy(new Error('The response takes too long.')));
    request.on('error', (error) => {
      drop(error.message);
    });
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', (error) => {
        drop(`It was cut short: ${error.message}`);
      });
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.end(body);
  });
}

function targetOf({ target, isEncoded }: FuzzRequest): string {
  return isEncoded === true ? target.replace('/api/', '/%61pi/') : target;
}

/** A longer body is always one character repeated. */
const LONGEST_SHOWN = 200_000;

/** @returns a shell command that repeats the request against `$URL` with the key of the role in `$TOKEN` */
export function asCommand(request: FuzzRequest): string {
  const { method, sender, headers, body } = request;
  const { role, authorization } = sender;
  const key = role === undefined ? quoted(`Authorization: ${authorization ?? ''}`) : '"Authorization: Token $TOKEN"';
  const flags = [
    ...(authorization === undefined ? [] : [`-H ${key}`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...(body === undefined ? [] : ['--data-binary @-']),
  ];
  const input = body === undefined ? '' : `${commandOfBytes(body)} | `;
  const comment = role === undefined ? '' : `  # TOKEN: ${role}`;
  return `${input}curl -ig --path-as-is -X ${method} "$URL"${quoted(targetOf(request))} ${flags.join(' ')}${comment}`;
}

function commandOfBytes(body: Buffer): string {
  if (body.length <= LONGEST_SHOWN) return `base64 -d <<< '${body.toString('base64')}'`;
  return `head -c ${String(body.length)} /dev/zero | tr '\\0' ${quoted(String.fromCharCode(body[0] ?? 0))}`;
}

/** Quotes any text as one shell word. */
function quoted(text: string): string {
  const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `$'${text.replace(/[\\']/g, '\\$&').replace(/[^\x20-\x7e]/g, hex)}'`;
}
