import { readFileSync } from 'node:fs';
import type { ConnectionBounds } from './connections.js';

/** What a process with enough open files allows itself. */
const MOST: ConnectionBounds = { connections: 2000, requests: 1000 };

/** Fewer than these would serve nobody. */
const LEAST = 16;

/** Files for the database, the log, Redis and the program itself. */
const RESERVED_FILES = 200;

/**
 * @param openFiles how many files the process may have open
 * @returns bounds that leave room for the process's own files; a request may open one as well, such as a page's script
 */
export function boundsOf(openFiles: number): ConnectionBounds {
  const room = Math.max(LEAST, Math.floor((openFiles - RESERVED_FILES) / 2));
  return { connections: Math.min(MOST.connections, room), requests: Math.min(MOST.requests, room) };
}

/** @returns the limit of open files of this process, as Linux tells it; elsewhere it is not known */
export function openFileLimit(): number {
  try {
    const [, limit = ''] = /^Max open files +(\d+) /m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === '' ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
