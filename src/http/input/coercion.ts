/** The largest id that the database holds: a positive 32-bit integer. */
export const MAX_ID = 2_147_483_647;

/** A value that none of the functions below could read; validation refuses it. */
export const UNREADABLE = Symbol('unreadable');

/** A number as it was written, where JavaScript's own would be another or be written otherwise. */
export class WrittenNumber {
  constructor(readonly text: string) {}
}

type Read<T> = T | typeof UNREADABLE;

/** @returns the id in a body, form or query: a positive 32-bit integer, or a string of its digits */
export function readId(value: unknown): Read<number> {
  const text = value instanceof WrittenNumber ? String(Number(value.text)) : readText(value);
  if (typeof text !== 'string' || !/^\d+$/.test(text)) return UNREADABLE;
  const id = Number(text);
  return id >= 1 && id <= MAX_ID ? id : UNREADABLE;
}

/** @returns the boolean that `true`/`false` in any case, or `0`/`1`, stands for */
export function readBoolean(value: unknown): Read<boolean> {
  if (typeof value === 'boolean') return value;
  const text = value instanceof WrittenNumber ? String(Number(value.text)) : readText(value);
  const name = typeof text === 'string' ? text.toLowerCase() : '';
  if (name === 'true' || name === '1') return true;
  if (name === 'false' || name === '0') return false;
  return UNREADABLE;
}

/** @returns the text that a string or a number stands for, a number as it was written */
export function readText(value: unknown): Read<string> {
  if (typeof value === 'string') return value;
  if (value instanceof WrittenNumber) return value.text;
  return typeof value === 'number' ? String(value) : UNREADABLE;
}

/** @returns the length of a text in code points */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** @returns whether the text can be stored: it has neither U+0000 nor a lone surrogate */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
