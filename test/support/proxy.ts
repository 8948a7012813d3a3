import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A proxy between the service and PostgreSQL that can cut the connection to the database. */
export class Proxy {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;
  private isSilent = false;

  /** @param target URL of the database behind the proxy */
  constructor(private readonly target: URL) {}

  /** The database's URL through the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Forwards connections, on the same port each time. */
  async start(): Promise<void> {
    this.server = createServer((near) => {
      if (this.isSilent) {
        this.keep(near);
        return;
      }
      const far = connect(Number(this.target.port || 5432), this.target.hostname);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.keep(socket).on('close', () => {
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Still accepts connections, but forwards nothing; after a {@link cut}, only new connections are left. */
  fallSilent(): void {
    this.isSilent = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** Closes every connection, and forwards new ones again. */
  speak(): void {
    this.isSilent = false;
    this.cut();
  }

  /** Closes every connection; new ones are forwarded. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Closes every connection, and accepts no new ones. */
  async stop(): Promise<void> {
    if (this.server?.listening !== true) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}
