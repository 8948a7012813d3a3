import type pg from 'pg';

/**
 * Is told about every statement when it is sent.
 * @param text SQL with placeholders, without values
 * @returns what to call when the statement has ended, with its error; undefined if nothing
 */
export type StatementObserver = (text: string) => ((error?: unknown) => void) | undefined;

type Callback = (error: Error | null, result: pg.QueryResult) => void;

let observer: StatementObserver | undefined;

/** @returns a function that removes the observer; there is one at a time in a process */
export function observeStatements(added: StatementObserver): () => void {
  observer = added;
  return () => {
    if (observer === added) observer = undefined;
  };
}

/**
 * Sends a statement, and tells the observer.
 * @param statement the arguments of `query` of `pg`: a text, or an object with one
 * @returns the result of `send`, to which the arguments are passed
 */
export function observed(statement: unknown[], send: (...statement: unknown[]) => unknown): unknown {
  if (observer === undefined) return send(...statement);
  const [query, ...more] = statement;
  const end = observer(typeof query === 'string' ? query : ((query as { text?: string }).text ?? ''));
  if (end === undefined) return send(...statement);
  const ending = (callback: Callback): Callback => {
    return (error, result) => {
      end(error ?? undefined);
      callback(error, result);
    };
  };
  const last = more.at(-1);
  if (typeof last === 'function') return send(query, ...more.slice(0, -1), ending(last as Callback));
  if (hasCallback(query)) {
    query.callback = ending(query.callback);
    return send(...statement);
  }
  const result = send(...statement);
  Promise.resolve(result).then(() => {
    end();
  }, end);
  return result;
}

function hasCallback(query: unknown): query is { callback: Callback } {
  return typeof (query as { callback?: unknown } | undefined)?.callback === 'function';
}
