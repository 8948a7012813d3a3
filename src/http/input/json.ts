import { randomBytes } from 'node:crypto';
import { WrittenNumber } from './coercion.js';
import { structureOf, type JsonStructure } from './json-structure.js';

/** The text is not JSON, or exceeds a limit. The message gives the reason and quotes only keys. */
export class MalformedJson extends Error {}

/** Marks numbers that are parsed as strings. Random, so that no client can forge it. */
const MARK = randomBytes(12).toString('base64');

/**
 * Parses JSON without loss: a number that JavaScript would print differently becomes a {@link WrittenNumber},
 * because it may stand for text such as `cedula_prof`.
 * @throws MalformedJson
 */
export function parseJson(text: string): unknown {
  const { problem, unusualNumbers } = structureOf(text);
  if (problem !== undefined) throw new MalformedJson(problem);
  if (unusualNumbers.length === 0) return parse(text);
  return unmark(parse(mark(text, unusualNumbers)));
}

/** Replaces the message of `JSON.parse`, which quotes the body and so possibly a password. */
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
