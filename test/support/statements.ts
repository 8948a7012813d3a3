import pg from 'pg';

/** Receives each statement before it is sent to the database. */
export type Listener = (client: pg.Client, text: string, values: readonly unknown[]) => void;

type Query = (this: pg.Client, statement: string | pg.QueryConfig, ...rest: unknown[]) => unknown;

/** Observes every statement that this process sends to a database. @returns the function that stops it */
export function listen(listener: Listener): () => void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (statement, ...rest) {
    const { text, values } = typeof statement === 'string' ? { text: statement, values: rest[0] } : statement;
    listener(this, text, Array.isArray(values) ? (values as unknown[]) : []);
    return query.call(this, statement, ...rest);
  };
  return () => {
    prototype.query = query;
  };
}
