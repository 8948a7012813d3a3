import {
  applyDecorators,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';
import '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { InvalidFields, WHOLE_INPUT } from '../common/domain-error.js';
import { RouteSettings } from '../common/route-settings.js';
import { PICTURE_LIMIT } from './picture.field.js';

const LIMITS = { fields: 50, files: 4, parts: 54, fieldSize: 16_384, fileSize: PICTURE_LIMIT };

/** Lets a route take `multipart/form-data` besides the other types of body. */
export const AcceptsUploads = (): MethodDecorator =>
  applyDecorators(
    RouteSettings({ acceptsUploads: true }),
    UseInterceptors(UploadInterceptor),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'),
  );

/** Reads a `multipart/form-data` body into fields: text as text, files as bytes, each with a hard limit. */
export class UploadInterceptor implements NestInterceptor {
  /** @throws InvalidFields the body is not what its type says, or has too many parts */
  async intercept(context: ExecutionContext, next: CallHandler) {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.isMultipart()) request.body = await readParts(request);
    return next.handle();
  }
}

async function readParts(request: FastifyRequest): Promise<object> {
  const fields = new Map<string, unknown>();
  try {
    for await (const part of request.parts({ limits: LIMITS })) {
      const value = part.type === 'field' ? textOf(part.value) : await part.toBuffer();
      const isNoFile = part.type === 'file' && part.filename === '' && (value as Buffer).length === 0;
      if (isNoFile) continue;
      fields.set(part.fieldname, fields.has(part.fieldname) ? [fields.get(part.fieldname), value] : value);
    }
  } catch (error) {
    throw unreadable(error);
  } finally {
    // What is left of a body that was refused is read and dropped, so that the connection stays usable.
    request.raw.resume();
  }
  return Object.fromEntries(fields);
}

/** Bytes that are not UTF-8 arrive as U+FFFD; a lone surrogate makes the check of the field refuse them. */
function textOf(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\uFFFD', '\uD800') : value;
}

function unreadable(error: unknown): InvalidFields {
  const { code = '' } = Object(error) as { code?: string };
  const sentence = /^FST_(PARTS|FILES|FIELDS)_LIMIT$/.test(code)
    ? 'The body has too many parts; send each field once.'
    : 'The body is not valid multipart/form-data.';
  return new InvalidFields({ [WHOLE_INPUT]: [sentence] }, sentence);
}
