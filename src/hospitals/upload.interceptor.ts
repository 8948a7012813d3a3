import {
  applyDecorators,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidFields, InvalidInput } from '../common/errors.js';
import { MalformedJson, parseJson } from '../http/input/json.js';
import { RouteSettings } from '../http/server/route-settings.js';
import { decodeText } from '../http/input/text.js';
import { MalformedMultipart, partsOf, type Part } from '../http/input/multipart.js';
import { PICTURE_LIMIT, PICTURE_TOO_LARGE } from './picture.field.js';

/** Number of bytes of a body that are kept: two pictures and text. */
const MAX_BODY = 2 * PICTURE_LIMIT + 1_048_576;

/** Far more than a hospital has fields. */
const MAX_PARTS = 50;

/** Upper bound for a part that is not a file, in bytes. The longest field has 1000 characters. */
const MAX_TEXT = 16_384;

/** Makes a route accept `multipart/form-data` as well. */
export const AcceptsUploads = (): MethodDecorator =>
  applyDecorators(
    RouteSettings({ acceptsUploads: true }),
    UseInterceptors(UploadInterceptor),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'),
  );

/** Parses a `multipart/form-data` body into fields: text, JSON and files. */
export class UploadInterceptor implements NestInterceptor {
  /** @throws InvalidFields the body does not match its type, or its parts are too many or too large */
  async intercept(context: ExecutionContext, next: CallHandler) {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const type = request.headers['content-type'] ?? '';
    if (/^multipart\/form-data\b/i.test(type)) request.body = fieldsOf(await readStart(request), type);
    return next.handle();
  }
}

/** Reads the whole body, so that the connection stays usable, but keeps only the first {@link MAX_BODY} bytes. */
async function readStart(request: FastifyRequest): Promise<Buffer> {
  const { raw, server } = request;
  await new Promise<void>((resolve, reject) => {
    server.bodyQueue.enter(request, MAX_BODY, (lost) => {
      if (lost === undefined) resolve();
      else reject(lost);
    });
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    if (length < MAX_BODY) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

function fieldsOf(body: Buffer, type: string): object | undefined {
  if (body.length === 0) return undefined;
  const fields = new Map<string, unknown>();
  let parts = 0;
  try {
    for (const part of partsOf(body, type)) {
      parts += 1;
      if (parts > MAX_PARTS) throw new InvalidInput('The body has too many parts; send each field once.');
      if (part.isCut) throw truncationError(part, body);
      if (part.isFile && part.filename === '' && part.content.length === 0) continue;
      const value = valueOf(part);
      fields.set(part.name, fields.has(part.name) ? [fields.get(part.name), value] : value);
    }
  } catch (error) {
    throw error instanceof MalformedMultipart ? new InvalidInput('The body is not valid multipart/form-data.') : error;
  }
  return Object.fromEntries(fields);
}

function valueOf({ name, type, isFile, content }: Part): unknown {
  if (isFile) return content;
  if (content.length > MAX_TEXT) throw invalidField(name, `Must have at most ${MAX_TEXT.toLocaleString('en')} bytes.`);
  const text = decodeText(content);
  if (type !== 'application/json') return text;
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof MalformedJson ? invalidField(name, `Must be valid JSON: ${error.message}.`) : error;
  }
}

function truncationError({ name, content }: Part, body: Buffer): Error {
  if (content.length >= PICTURE_LIMIT) return invalidField(name, PICTURE_TOO_LARGE);
  return body.length < MAX_BODY
    ? new MalformedMultipart()
    : new InvalidInput('The body is too large; send each file once.');
}

function invalidField(name: string, sentence: string): InvalidFields {
  return new InvalidFields({ [name.toWellFormed()]: [sentence] });
}
