import { request as httpRequest, type Agent, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { FuzzRequest } from './requests.js';

/** An answer, as it came. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** No whole answer came. It may be the fault of the request before it on the same connection. */
export class Dropped extends Error {
  constructor(
    why: string,
    readonly before: FuzzRequest | undefined,
  ) {
    super(why);
  }
}

/** The last request that was sent over a connection. */
const lastOver = new WeakMap<Socket, FuzzRequest>();

/** How long an answer may take before it counts as dropped: longer than the service waits for anything. */
const PATIENCE_MS = 30_000;

/**
 * Sends a request as it is.
 * @throws Dropped no answer came, or no whole one
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
    request.once('timeout', () => request.destroy(new Error('It takes too long.')));
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

/** A longer body is one of the few that are of one character. */
const LONGEST_SHOWN = 200_000;

/** @returns a command for a shell that sends the request again to `$URL`, with a key of the role in `$TOKEN` */
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

/** As a word of a shell, whatever is in it. */
function quoted(text: string): string {
  const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `$'${text.replace(/[\\']/g, '\\$&').replace(/[^\x20-\x7e]/g, hex)}'`;
}
