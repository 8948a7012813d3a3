import pg from 'pg';
import { until } from '../support/until.js';

/** An idle connection through HAProxy, as a pool keeps it. */
export class Session {
  private isOpen = true;

  private constructor(private readonly client: pg.Client) {
    const close = () => {
      this.isOpen = false;
    };
    client.on('error', close);
    client.on('end', close);
  }

  static async open(url: string): Promise<Session> {
    const session = new Session(new pg.Client(url));
    await session.client.connect();
    return session;
  }

  /** @returns once the other side has closed it */
  async closed(): Promise<void> {
    await until(() => !this.isOpen);
  }

  /** Closes it. @throws Error the other side has closed it already */
  async close(): Promise<void> {
    if (!this.isOpen) throw new Error('The session was closed by the other side.');
    await this.client.end();
  }
}
