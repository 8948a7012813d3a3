import type { Socket } from 'node:net';
import pg from 'pg';

/**
 * A connection that ends itself where an answer does not come in time (`query_timeout`): one that has
 * fallen silent would otherwise stay in the pool and be waited for again and again.
 */
export class ImpatientClient extends pg.Client {
  override query: pg.Client['query'] = ((...statement: Parameters<pg.Client['query']>) => {
    const answer = (pg.Client.prototype.query as (...statement: unknown[]) => unknown).apply(this, statement);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        this.endIfSilent(error);
      });
    }
    return answer;
  }) as pg.Client['query'];

  private endIfSilent(error: unknown): void {
    if (!(error instanceof Error) || error.message !== 'Query read timeout') return;
    const { connection } = this as unknown as { connection: { stream: Socket } };
    connection.stream.destroy(error);
  }
}
