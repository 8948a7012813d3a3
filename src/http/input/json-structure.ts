/** No resource nests deeper than a medic in a membership; far deeper ones would exhaust the stack. */
const MAX_DEPTH = 32;

/** No resource has nearly as many fields, and validation takes quadratic time for them. */
export const MAX_FIELDS = 100;

/** A batch of a thousand decisions has some 12,000 values; a megabyte of empty arrays has 350,000. */
const MAX_VALUES = 20_000;

/** The longest text that a number can stand for is a password of 1024 characters. */
const MAX_NUMBER_LENGTH = 1024;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const QUOTE = 0x22;

/** What a character outside of strings is. */
const Kind = {
  /** A blank, a comma, a colon, or wrong. */
  Rest: 0,
  Quote: 1,
  Opening: 2,
  Closing: 3,
  /** Of `true`, `false`, `null` or a number. */
  Letter: 4,
  /** A digit or a minus, with which a number begins. */
  Digit: 5,
};

const KINDS = new Uint8Array(128);
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
for (const [kind, characters] of [
  [Kind.Quote, '"'],
  [Kind.Opening, '[{'],
  [Kind.Closing, ']}'],
  [Kind.Letter, `${LETTERS}${LETTERS.toUpperCase()}+.`],
  [Kind.Digit, '0123456789-'],
] as const) {
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
}

/** What one pass over a text finds out before anything of it is parsed. */
export interface JsonStructure {
  /** What is wrong with it that a parser would accept in silence, break on or take long for. */
  readonly problem?: string;
  /** Where each number begins and ends that JavaScript would write otherwise than it is written. */
  readonly unusualNumbers: readonly (readonly [start: number, end: number])[];
}

/**
 * Stops at the first problem. The grammar is left to the parser: text that is no JSON may have no problem here.
 * @param text JSON, or whatever a client sent instead
 */
export function structureOf(text: string): JsonStructure {
  const unusualNumbers: [number, number][] = [];
  const refuse = (problem: string): JsonStructure => ({ problem, unusualNumbers });
  const levels: Set<string>[] = [];
  let values = 0;
  for (let at = 0; at < text.length;) {
    const start = at;
    const kind = kindAt(text, at);
    at = kind === Kind.Quote ? endOfString(text, at) : kind >= Kind.Letter ? endOfWord(text, at) : at + 1;
    if (kind === Kind.Rest) continue;
    if (kind === Kind.Closing) {
      levels.pop();
      continue;
    }
    if (kind === Kind.Quote && isBeforeColon(text, at)) {
      const keys = levels.at(-1) ?? new Set();
      const key = keyOf(text.slice(start, at));
      if (keys.has(key)) return refuse(`it has the key ${JSON.stringify(key.slice(0, 100))} twice in one object`);
      if (keys.add(key).size > MAX_FIELDS) return refuse(`it has more than ${String(MAX_FIELDS)} fields in one object`);
      continue;
    }
    values += 1;
    if (values > MAX_VALUES) return refuse(`it has more than ${String(MAX_VALUES)} values`);
    if (kind === Kind.Opening && levels.push(new Set()) > MAX_DEPTH) {
      return refuse(`it nests deeper than ${String(MAX_DEPTH)} levels`);
    }
    if (kind === Kind.Digit) {
      if (at - start > MAX_NUMBER_LENGTH) {
        return refuse(`it has a number of more than ${String(MAX_NUMBER_LENGTH)} characters`);
      }
      if (isUnusual(text.slice(start, at)) && !isBeforeColon(text, at)) unusualNumbers.push([start, at]);
    }
  }
  return { unusualNumbers };
}

/** @returns the kind of the character there, that of the rest at the end of the text */
function kindAt(text: string, at: number): number {
  return KINDS[text.charCodeAt(at)] ?? Kind.Rest;
}

function isUnusual(word: string): boolean {
  return String(Number(word)) !== word && NUMBER.test(word);
}

/** @returns the key that a string in quotes is; one that cannot be read is left to the parser */
function keyOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}

function endOfWord(text: string, start: number): number {
  let end = start + 1;
  while (kindAt(text, end) >= Kind.Letter) end += 1;
  return end;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

function isBeforeColon(text: string, start: number): boolean {
  let at = start;
  while (isBlank(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === COLON;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
