import { readFileSync } from 'node:fs';
/** Upper bounds of open connections, and of requests in progress on all of them. */
export interface ConnectionBounds {
  readonly connections: number;
  readonly requests: number;
}

/** Bounds of a process that may open enough files. */
const MAX_BOUNDS: ConnectionBounds = { connections: 2000, requests: 1000 };

/** The service would be unusable with lower bounds. */
const MIN_BOUND = 16;

/** Open files for the database, the log, Redis and the program itself. */
const RESERVED_FILES = 200;

/**
 * @param openFiles limit of open files of the process
 * @returns bounds that leave room for the process's own files, with two files per connection, because a request may
 *   open one too, such as a script of the documentation page
 */
export function boundsOf(openFiles: number): ConnectionBounds {
  const room = Math.max(MIN_BOUND, Math.floor((openFiles - RESERVED_FILES) / 2));
  return { connections: Math.min(MAX_BOUNDS.connections, room), requests: Math.min(MAX_BOUNDS.requests, room) };
}

/** @returns the limit of open files of this process on Linux; infinity elsewhere */
export function openFileLimit(): number {
  try {
    const [, limit = ''] = /^Max open files +(\d+) /m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === '' ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
