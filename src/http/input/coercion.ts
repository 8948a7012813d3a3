/** The largest id: ids are positive 32-bit integers. */
export const MAX_ID = 2_147_483_647;

/** Stands for a value that cannot be read; validation rejects it. */
export const UNREADABLE = Symbol('unreadable');

/** A number in the client's spelling, kept because JavaScript would change its value or print it differently. */
export class WrittenNumber {
  constructor(readonly text: string) {}
}

/** @returns whether the value is a JSON object: no array, and no number that was kept in its spelling */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

type Read<T> = T | typeof UNREADABLE;

/** @returns the id, given as a positive 32-bit integer or as a string of its digits */
export function readId(value: unknown): Read<number> {
  const text = value instanceof WrittenNumber ? String(Number(value.text)) : readText(value);
  if (typeof text !== 'string' || !/^\d+$/.test(text)) return UNREADABLE;
  const id = Number(text);
  return id >= 1 && id <= MAX_ID ? id : UNREADABLE;
}

/** @returns the boolean, given as `true` or `false` in any case, or as `0` or `1` */
export function readBoolean(value: unknown): Read<boolean> {
  if (typeof value === 'boolean') return value;
  const text = value instanceof WrittenNumber ? String(Number(value.text)) : readText(value);
  const name = typeof text === 'string' ? text.toLowerCase() : '';
  if (name === 'true' || name === '1') return true;
  if (name === 'false' || name === '0') return false;
  return UNREADABLE;
}

/** @returns the string, or the number in the client's spelling */
export function readText(value: unknown): Read<string> {
  if (typeof value === 'string') return value;
  if (value instanceof WrittenNumber) return value.text;
  return typeof value === 'number' ? String(value) : UNREADABLE;
}

/** @returns the length in code points */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** PostgreSQL stores neither U+0000 nor lone surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
