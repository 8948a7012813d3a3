import { decodeText } from './text.js';

/** One part of a `multipart/form-data` body. */
export interface Part {
  readonly name: string;
  /** The declared media type, in lower case and without parameters. */
  readonly type: string;
  readonly isFile: boolean;
  /** Empty if no file was chosen. */
  readonly filename: string;
  readonly content: Buffer;
  /** The body ends before the part does. */
  readonly isCut: boolean;
}

/** The body is not valid `multipart/form-data`. */
export class MalformedMultipart extends Error {}

const CRLF = '\r\n';

/** Upper bound for the headers of one part, in bytes. */
const MAX_HEADER_SIZE = 8192;

/** In characters (RFC 2046). */
const MAX_BOUNDARY = 70;

/** A parameter of a header, quoted or not. */
const PARAMETER = /;\s*([\w*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;

/**
 * Parses the parts lazily (RFC 7578, RFC 2046), so that a caller may stop early.
 * @param body the body, or its beginning
 * @param contentType the Content-Type header, which contains the boundary
 * @throws MalformedMultipart after the last part that could be read
 */
export function* partsOf(body: Buffer, contentType: string): Generator<Part, void> {
  const boundary = parametersOf(contentType).get('boundary') ?? '';
  if (boundary === '' || boundary.length > MAX_BOUNDARY) throw new MalformedMultipart();
  const delimiter = Buffer.from(`${CRLF}--${boundary}`, 'latin1');
  const isAtStart = body.subarray(0, delimiter.length - CRLF.length).equals(delimiter.subarray(CRLF.length));
  let found = isAtStart ? -CRLF.length : body.indexOf(delimiter);
  while (found !== -1) {
    const start = found + delimiter.length;
    if (body.toString('latin1', start, start + 2) === '--') return;
    const contentStart = headerEnd(body, start);
    // If there is no content, the line break that ends the headers belongs to the next delimiter.
    found = body.indexOf(delimiter, contentStart - CRLF.length);
    const isCut = found === -1;
    const content = body.subarray(contentStart, isCut ? body.length : Math.max(found, contentStart));
    yield { ...describe(decodeText(body.subarray(start, contentStart))), content, isCut };
  }
  throw new MalformedMultipart();
}

function headerEnd(body: Buffer, start: number): number {
  const length = body.subarray(start, start + MAX_HEADER_SIZE).indexOf(`${CRLF}${CRLF}`);
  if (length === -1) throw new MalformedMultipart();
  return start + length + 2 * CRLF.length;
}

function describe(block: string): Pick<Part, 'name' | 'type' | 'isFile' | 'filename'> {
  const headers = headersOf(block);
  const disposition = headers.get('content-disposition') ?? '';
  const parameters = parametersOf(disposition);
  const name = parameters.get('name');
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) throw new MalformedMultipart();
  const [type = ''] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  const filename = parameters.get('filename') ?? parameters.get('filename*');
  const isFile = filename !== undefined || type.trim() === 'application/octet-stream';
  return { name, type: type.trim(), isFile, filename: filename ?? '' };
}

function headersOf(block: string): Map<string, string> {
  const [padding = '', ...lines] = block.replace(/\r\n[ \t]+/g, ' ').split(CRLF);
  if (padding.trim() !== '') throw new MalformedMultipart();
  const headers = lines
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      if (colon === -1) throw new MalformedMultipart();
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  return withoutRepetition(headers);
}

function parametersOf(header: string): Map<string, string> {
  const parameters = [...header.matchAll(PARAMETER)].map(([, name = '', quoted, plain = '']): [string, string] => [
    name.toLowerCase(),
    quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, '$1'),
  ]);
  return withoutRepetition(parameters);
}

/** @throws MalformedMultipart a name is repeated, so that another parser might choose the other value */
function withoutRepetition(entries: [string, string][]): Map<string, string> {
  const map = new Map(entries);
  if (map.size < entries.length) throw new MalformedMultipart();
  return map;
}
