import pg from 'pg';

/** Gets each statement on its way to the database. */
export type Listener = (client: pg.Client, text: string, values: readonly unknown[]) => void;

type Query = (this: pg.Client, statement: string | pg.QueryConfig, ...rest: unknown[]) => unknown;

/** Hears every statement that this process sends to a database, until what it returns is called. */
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
