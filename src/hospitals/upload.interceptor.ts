import {
  applyDecorators,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidFields, WHOLE_INPUT } from '../common/errors.js';
import { MalformedJson, parseJson } from '../http/input/json.js';
import { RouteSettings } from '../http/server/route-settings.js';
import { decodeText } from '../http/input/text.js';
import { MalformedMultipart, partsOf, type Part } from '../http/input/multipart.js';
import { PICTURE_LIMIT, PICTURE_TOO_LARGE } from './picture.field.js';

/** As much of a body as is kept: two pictures, and text. */
const MAX_BODY = 2 * PICTURE_LIMIT + 1_048_576;

/** No hospital has nearly as many fields. */
const MAX_PARTS = 50;

/** The most bytes of a part that is no file; the longest field has 1000 characters. */
const MAX_TEXT = 16_384;

/** Lets a route take `multipart/form-data` besides the other types of body. */
export const AcceptsUploads = (): MethodDecorator =>
  applyDecorators(
    RouteSettings({ acceptsUploads: true }),
    UseInterceptors(UploadInterceptor),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'),
  );

/** Reads a `multipart/form-data` body into fields: text as text, JSON as JSON, files as bytes. */
export class UploadInterceptor implements NestInterceptor {
  /** @throws InvalidFields the body is not what its type says, or has too many or too large parts */
  async intercept(context: ExecutionContext, next: CallHandler) {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const type = request.headers['content-type'] ?? '';
    if (/^multipart\/form-data\b/i.test(type)) request.body = fieldsOf(await beginningOf(request), type);
    return next.handle();
  }
}

/** Reads a body to its end, so that the connection stays usable, and keeps as much of it as may be needed. */
async function beginningOf({ raw }: FastifyRequest): Promise<Buffer> {
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
      if (parts > MAX_PARTS) throw unreadable('The body has too many parts; send each field once.');
      if (part.isCut) throw cutIn(part, body);
      if (part.isFile && part.filename === '' && part.content.length === 0) continue;
      const value = valueOf(part);
      fields.set(part.name, fields.has(part.name) ? [fields.get(part.name), value] : value);
    }
  } catch (error) {
    throw error instanceof MalformedMultipart ? unreadable('The body is not valid multipart/form-data.') : error;
  }
  return Object.fromEntries(fields);
}

function valueOf({ name, type, isFile, content }: Part): unknown {
  if (isFile) return content;
  if (content.length > MAX_TEXT) throw invalid(name, `Must have at most ${MAX_TEXT.toLocaleString('en')} bytes.`);
  const text = decodeText(content);
  if (type !== 'application/json') return text;
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof MalformedJson ? invalid(name, `Must be valid JSON: ${error.message}.`) : error;
  }
}

function cutIn({ name, content }: Part, body: Buffer): Error {
  if (content.length >= PICTURE_LIMIT) return invalid(name, PICTURE_TOO_LARGE);
  return body.length < MAX_BODY ? new MalformedMultipart() : unreadable('The body is too large; send each file once.');
}

function invalid(name: string, sentence: string): InvalidFields {
  return new InvalidFields({ [name.toWellFormed()]: [sentence] });
}

function unreadable(sentence: string): InvalidFields {
  return new InvalidFields({ [WHOLE_INPUT]: [sentence] }, sentence);
}
