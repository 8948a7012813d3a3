import { decodeText } from './text.js';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

const NOT_A_DIGIT = -1;

/**
 * Parses a form body or a query string.
 * @param text percent-encoded pairs, one character per byte
 * @returns name -> value, or an array of values if a name is repeated
 */
export function readForm(text: string): Record<string, unknown> {
  const fields = new Map<string, string | string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodePart(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decodePart(pair.slice(equals + 1));
    const before = fields.get(name);
    if (before === undefined) fields.set(name, value);
    else if (typeof before === 'string') fields.set(name, [before, value]);
    else before.push(value);
  }
  return Object.fromEntries(fields);
}

/** A percent sign that starts no escape stands for itself. */
function decodePart(part: string): string {
  if (!/[%+\x80-\xff]/.test(part)) return part;
  const bytes = Buffer.allocUnsafe(part.length);
  let length = 0;
  for (let at = 0; at < part.length; at += 1) {
    const code = part.charCodeAt(at);
    let byte = code === PLUS ? SPACE : code;
    if (code === PERCENT) {
      const high = hexValueOf(part.charCodeAt(at + 1));
      const low = hexValueOf(part.charCodeAt(at + 2));
      if (high !== NOT_A_DIGIT && low !== NOT_A_DIGIT) {
        byte = high * 16 + low;
        at += 2;
      }
    }
    bytes[length] = byte;
    length += 1;
  }
  return decodeText(bytes.subarray(0, length));
}

/** @returns 0 to 15, or {@link NOT_A_DIGIT} */
function hexValueOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : NOT_A_DIGIT;
}
