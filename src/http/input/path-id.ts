import { Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { MAX_ID } from './coercion.js';
import { NotFound } from '../../common/errors.js';

/** @returns the id in the path of a request, or null if it is not a positive 32-bit integer */
export function idInPathOrNull({ params }: FastifyRequest): number | null {
  return readPathId((params as { id?: string }).id);
}

/** @throws NotFound it is not a positive 32-bit integer */
function idInPath(text: string): number {
  const id = readPathId(text);
  if (id === null) throw new NotFound();
  return id;
}

/** @returns the id that a text is, as a path or AuthZEN writes it; null if it is not a positive 32-bit integer */
export function readPathId(text = ''): number | null {
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : MAX_ID + 1;
  return id > MAX_ID ? null : id;
}

const pipe: PipeTransform = { transform: idInPath };
const SCHEMA = { type: 'integer', minimum: 1, maximum: MAX_ID } as const;

/**
 * Injects the `id` of the path into a controller method.
 * @param example shown in the OpenAPI document
 */
export function IdParam(example: number): ParameterDecorator {
  return (target, method, index) => {
    Param('id', pipe)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method ?? '');
    ApiParam({ name: 'id', description: 'Id of the resource.', schema: { ...SCHEMA, example } })(
      target,
      method ?? '',
      descriptor ?? {},
    );
  };
}
