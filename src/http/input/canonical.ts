import { hash } from 'node:crypto';
import { WrittenNumber } from './coercion.js';

/**
 * @param value a parsed query or body
 * @returns text that is the same whatever the order of the members of objects, which are absent if undefined
 */
export function canonical(value: unknown): string {
  if (Buffer.isBuffer(value)) return `file ${hash('sha256', value)}`;
  if (value instanceof WrittenNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === undefined) return 'absent';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
