import { connect, type Socket } from 'node:net';
import { CheckedResponse } from './checked-response.js';

/**
 * @param localAddress the address of the client
 * @returns a connection to the service, for requests that no HTTP client would send
 */
export async function connectTo(url: string, localAddress = '127.0.0.1'): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/**
 * Sends bytes unchanged over a new connection.
 * @returns the response; the request must make the service close the connection, for example with
 * `Connection: close`
 */
export async function sendRaw(url: string, ...parts: (string | Buffer)[]): Promise<CheckedResponse> {
  const socket = await connectTo(url);
  const answer = readResponse(socket);
  for (const part of parts) socket.write(part);
  return answer;
}

/** @returns the only response that arrives before the service closes the connection */
export async function readResponse(socket: Socket): Promise<CheckedResponse> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined).on('close', resolve);
  });
  const text = Buffer.concat(chunks).toString();
  const [head = '', ...body] = text.split('\r\n\r\n');
  const [statusLine = '', ...fields] = head.split('\r\n');
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const status = Number(statusLine.split(' ')[1]);
  if (!(status >= 200)) throw new Error(`No answer: ${JSON.stringify(text)}`);
  const content = body.join('\r\n\r\n');
  const hasNone = [204, 304].includes(status) && content === '';
  return CheckedResponse.of(new Response(hasNone ? null : content, { status, headers }));
}

/** @returns a request as text, with `Content-Length` and `Connection: close` */
export function rawRequest(line: string, headers: Record<string, string>, body: string | Buffer = ''): Buffer {
  const fields = {
    Host: 'localhost',
    Connection: 'close',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head.join('')}\r\n`), Buffer.from(body)]);
}
