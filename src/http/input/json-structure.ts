/** Valid requests nest a few levels deep; thousands of levels would exhaust the stack. */
const MAX_DEPTH = 32;

/** No request has nearly as many fields, and validation takes quadratic time. */
export const MAX_FIELDS = 100;

/** A batch of 1,000 decisions has about 12,000 values; a megabyte of empty arrays has 350,000. */
const MAX_VALUES = 20_000;

/** A number may stand for text, of which a password is the longest: 1024 characters. */
const MAX_NUMBER_LENGTH = 1024;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const QUOTE = 0x22;

/** Classes of characters outside strings. Everything from `Letter` on is part of a word. */
const Kind = {
  /** White space, a comma, a colon, or an invalid character. */
  Rest: 0,
  Quote: 1,
  Opening: 2,
  Closing: 3,
  /** Part of `true`, `false`, `null` or a number. */
  Letter: 4,
  /** A digit or a minus sign, which start a number. */
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

/**
 * The keys of the objects that are open at a place of a text. They are compared one by one, which takes less time than a
 * `Set` for each of the hundreds of small objects of a batch.
 */
class OpenObjects {
  depth = 0;
  /** The keys of the object at each depth; those beyond its number belong to an object that is closed. */
  private readonly keys: string[][] = [];
  private readonly numbers: number[] = [];

  /** Opens an object or an array. */
  open(): void {
    this.depth += 1;
    this.keys[this.depth] ??= [];
    this.numbers[this.depth] = 0;
  }

  /** Closes the innermost one, if one is open. */
  close(): void {
    if (this.depth > 0) this.depth -= 1;
  }

  /** @returns how many keys the innermost object has now; 0 for a duplicate, 1 outside of objects */
  add(key: string): number {
    const keys = this.keys[this.depth];
    if (keys === undefined) return 1;
    const number = this.numbers[this.depth] ?? 0;
    for (let at = 0; at < number; at += 1) if (keys[at] === key) return 0;
    keys[number] = key;
    return (this.numbers[this.depth] = number + 1);
  }
}

/** Result of one pass over a text before it is parsed. */
export interface JsonStructure {
  /** A defect that `JSON.parse` accepts silently, crashes on, or needs long for. */
  readonly problem?: string;
  /** Positions of the numbers that JavaScript would print differently. */
  readonly unusualNumbers: readonly (readonly [start: number, end: number])[];
}

/**
 * Scans a text for limits, duplicate keys and unusual numbers, up to the first problem. Syntax is left to the parser.
 * @param text possibly invalid JSON
 */
export function structureOf(text: string): JsonStructure {
  const unusualNumbers: [number, number][] = [];
  const refuse = (problem: string): JsonStructure => ({ problem, unusualNumbers });
  const objects = new OpenObjects();
  const hasEscapes = text.includes('\\');
  let values = 0;
  for (let at = 0; at < text.length;) {
    const start = at;
    const kind = kindAt(text, at);
    at = kind === Kind.Quote ? endOfString(text, at) : kind >= Kind.Letter ? endOfWord(text, at) : at + 1;
    if (kind === Kind.Rest) continue;
    if (kind === Kind.Closing) {
      objects.close();
      continue;
    }
    if (kind === Kind.Quote && isBeforeColon(text, at)) {
      const quoted = text.slice(start + 1, at - 1);
      const key = hasEscapes ? unescaped(quoted) : quoted;
      const number = objects.add(key);
      if (number === 0) return refuse(`it has the key ${JSON.stringify(key.slice(0, 100))} twice in one object`);
      if (number > MAX_FIELDS) return refuse(`it has more than ${String(MAX_FIELDS)} fields in one object`);
      continue;
    }
    values += 1;
    if (values > MAX_VALUES) return refuse(`it has more than ${String(MAX_VALUES)} values`);
    if (kind === Kind.Opening) {
      objects.open();
      if (objects.depth > MAX_DEPTH) return refuse(`it nests deeper than ${String(MAX_DEPTH)} levels`);
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

/** @returns the class of the character; `Rest` beyond the end */
function kindAt(text: string, at: number): number {
  return KINDS[text.charCodeAt(at)] ?? Kind.Rest;
}

function isUnusual(word: string): boolean {
  return String(Number(word)) !== word && NUMBER.test(word);
}

/** @returns the key without its escapes; an invalid one is left to the parser */
function unescaped(key: string): string {
  if (!key.includes('\\')) return key;
  try {
    return JSON.parse(`"${key}"`) as string;
  } catch {
    return key;
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
