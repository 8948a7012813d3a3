import { decodeText } from './text.js';

/** A part of a `multipart/form-data` body. */
export interface Part {
  readonly name: string;
  /** The media type that it declares, in lower case and without parameters. */
  readonly type: string;
  readonly isFile: boolean;
  /** The name of the file on the client's side, empty if none was chosen. */
  readonly filename: string;
  readonly content: Buffer;
  /** Whether the body ends before the part does. */
  readonly isCut: boolean;
}

/** A body is not valid `multipart/form-data`. */
export class MalformedMultipart extends Error {}

const CRLF = '\r\n';

/** The most bytes that the header of a part may have. */
const MAX_HEADER = 8192;

/** RFC 2046 allows this many characters. */
const MAX_BOUNDARY = 70;

/** A parameter of a header field, with a value in quotes or without. */
const PARAMETER = /;\s*([\w*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;

/**
 * Reads the parts one after another (RFC 7578, RFC 2046). A caller that stops early leaves the rest unread.
 * @param body the body, or its beginning
 * @param contentType the header field that names the boundary
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
    // The line break that ends the header begins the next delimiter if there is no content.
    found = body.indexOf(delimiter, contentStart - CRLF.length);
    const isCut = found === -1;
    const content = body.subarray(contentStart, isCut ? body.length : Math.max(found, contentStart));
    yield { ...describe(decodeText(body.subarray(start, contentStart))), content, isCut };
  }
  throw new MalformedMultipart();
}

function headerEnd(body: Buffer, start: number): number {
  const length = body.subarray(start, start + MAX_HEADER).indexOf(`${CRLF}${CRLF}`);
  if (length === -1) throw new MalformedMultipart();
  return start + length + 2 * CRLF.length;
}

function describe(header: string): Pick<Part, 'name' | 'type' | 'isFile' | 'filename'> {
  const fields = headerFieldsOf(header);
  const disposition = fields.get('content-disposition') ?? '';
  const parameters = parametersOf(disposition);
  const name = parameters.get('name');
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) throw new MalformedMultipart();
  const [type = ''] = (fields.get('content-type') ?? '').toLowerCase().split(';');
  const filename = parameters.get('filename') ?? parameters.get('filename*');
  const isFile = filename !== undefined || type.trim() === 'application/octet-stream';
  return { name, type: type.trim(), isFile, filename: filename ?? '' };
}

function headerFieldsOf(header: string): Map<string, string> {
  const [padding = '', ...lines] = header.replace(/\r\n[ \t]+/g, ' ').split(CRLF);
  if (padding.trim() !== '') throw new MalformedMultipart();
  const fields = lines
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      if (colon === -1) throw new MalformedMultipart();
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  return withoutRepetition(fields);
}

function parametersOf(field: string): Map<string, string> {
  const parameters = [...field.matchAll(PARAMETER)].map(([, name = '', quoted, plain = '']): [string, string] => [
    name.toLowerCase(),
    quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, '$1'),
  ]);
  return withoutRepetition(parameters);
}

/** @throws MalformedMultipart a name comes twice, so that somebody else could have taken the other one */
function withoutRepetition(entries: [string, string][]): Map<string, string> {
  const map = new Map(entries);
  if (map.size < entries.length) throw new MalformedMultipart();
  return map;
}
