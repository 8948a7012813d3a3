import { randomBytes } from 'node:crypto';
import { WrittenNumber } from './coercion.js';
import { structureOf, type JsonStructure } from './json-structure.js';

/** A text is not JSON, or such JSON as is not accepted; the message says why, and repeats nothing but keys. */
export class MalformedJson extends Error {}

/** What stands before a number that is parsed as text; no client knows it. */
const MARK = randomBytes(12).toString('base64');

/**
 * Parses JSON without loss: a number that JavaScript would write otherwise becomes a {@link WrittenNumber},
 * because it may stand for text such as `cedula_prof`.
 * @throws MalformedJson
 */
export function parseJson(text: string): unknown {
  const { problem, unusualNumbers } = structureOf(text);
  if (problem !== undefined) throw new MalformedJson(problem);
  if (unusualNumbers.length === 0) return parse(text);
  return unmark(parse(mark(text, unusualNumbers)));
}

/** The sentence that JSON.parse throws is not used: it repeats the body, which may hold a password. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedJson('check its quotes, commas and brackets');
  }
}

function mark(text: string, numbers: JsonStructure['unusualNumbers']): string {
  let marked = '';
  let copied = 0;
  for (const [start, end] of numbers) {
    marked += `${text.slice(copied, start)}"${MARK}${text.slice(start, end)}"`;
    copied = end;
  }
  return marked + text.slice(copied);
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? new WrittenNumber(value.slice(MARK.length)) : value;
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unmark(inner)]));
}
