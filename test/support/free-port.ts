import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** @returns a local port on which nobody listens at the moment */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const given = new Set<number>();

/**
 * For a server that will be stopped and started again: the operating system gives no such port to outgoing
 * connections, one of which could otherwise take it meanwhile, or connect to itself.
 * @returns a local port from 20,000 to 31,999 on which nobody listens at the moment
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
