import type { DataSource } from 'typeorm';

const listeners = new WeakMap<DataSource, Set<() => void>>();

/**
 * @param listener is called after each transaction and each statement of its own that this process has committed on a
 *   data source, even if nothing was written; it must not throw
 * @returns a function that removes the listener
 */
export function onWrite(dataSource: DataSource, listener: () => void): () => void {
  const all = listeners.get(dataSource) ?? new Set();
  listeners.set(dataSource, all.add(listener));
  return () => all.delete(listener);
}

/** Tells the listeners of {@link onWrite} that something may have been written. */
export function noteWrite(dataSource: DataSource): void {
  listeners.get(dataSource)?.forEach((listener) => {
    listener();
  });
}
