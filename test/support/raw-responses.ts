import { connectTo } from './raw.js';

/** One of the responses on a connection. */
export interface RawResponse {
  readonly status: number;
  readonly id: string;
}

/**
 * Sends bytes unchanged over one connection.
 * @returns every response that arrives before the service closes the connection
 */
export async function allResponsesTo(url: string, ...parts: (string | Buffer)[]): Promise<RawResponse[]> {
  const socket = await connectTo(url);
  const chunks: Buffer[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve();
      });
  });
  for (const part of parts) socket.write(part);
  await closed;
  const text = Buffer.concat(chunks).toString('latin1');
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) [^]*?x-request-id: (\S+)/gi)].map(([, status, id = '']) => ({
    status: Number(status),
    id,
  }));
}
