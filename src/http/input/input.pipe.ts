import {
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type Type,
  type ValidationError,
} from '@nestjs/common';
import { WrittenNumber } from './coercion.js';
import { declaredFieldsOf } from './fields.js';
import { InvalidFields, type FieldErrors } from '../../common/errors.js';

/**
 * Turns a body or a query into its DTO. Unknown fields of a body are rejected; unknown and empty query parameters
 * are ignored.
 * @throws InvalidFields names every invalid field
 */
export class InputPipe implements PipeTransform {
  private readonly bodies = new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: refuse,
  });
  private readonly queries = new ValidationPipe({ transform: true, whitelist: true, exceptionFactory: refuse });

  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    if (metadata.type === 'body') {
      // The handler reads the body itself.
      if (metadata.metatype === Object) return value;
      refuseReservedNames(value);
      return this.readBody(value, metadata);
    }
    if (metadata.type !== 'query') return value;
    const query = withoutEmpty(value);
    // No query parameter is required, so an empty query needs no validation.
    return Object.keys(query).length === 0 ? {} : this.queries.transform(query, metadata);
  }

  /** Hides the items of the lists that the DTO declares: the libraries delete reserved names from them in place. */
  private async readBody(body: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const lists = listsIn(body, metadata.metatype);
    if (lists.length === 0) return this.bodies.transform(prune(body), metadata);
    const hidden = lists.map(([name, { length }]): [string, null[]] => [name, Array.from({ length }, () => null)]);
    const shown = { ...(prune(body) as object), ...Object.fromEntries(hidden) };
    const dto: unknown = await this.bodies.transform(shown, metadata);
    return Object.assign(dto as object, Object.fromEntries(lists));
  }
}

/**
 * Reads an item of a list as {@link InputPipe} reads a body, but without the libraries, which take ten times as long: a
 * list may have a thousand items.
 * @param dto without read-only fields
 * @returns the item, or its errors
 */
export function readItem<Item extends object>(
  dto: Type<Item>,
  item: Readonly<Record<string, unknown>>,
): { item: Item } | { errors: FieldErrors } {
  const fields = declaredFieldsOf(dto);
  const unknown = Object.keys(item).filter((name) => !fields.has(name));
  const errors = unknown.map((name): [string, string[]] => [nameInErrors(name), [UNKNOWN]]);
  const values: [string, unknown][] = [];
  for (const [name, { read, problem }] of fields) {
    const value = read(item[name]);
    const error = problem(value);
    if (error !== undefined) errors.push([name, [error]]);
    else if (value !== undefined) values.push([name, value]);
  }
  return errors.length > 0 ? { errors: Object.fromEntries(errors) } : { item: Object.fromEntries(values) as Item };
}

/** The libraries silently drop fields named like members of Object.prototype. */
function refuseReservedNames(body: unknown): void {
  const reserved = Object.keys(Object(body) as object).filter(
    (name) => name === 'prototype' || name in Object.prototype,
  );
  if (reserved.length > 0) throw new InvalidFields(Object.fromEntries(reserved.map((name) => [name, [UNKNOWN]])));
}

/** The deepest valid input is an object with an id inside the body. */
const MAX_DEPTH = 2;

/**
 * Replaces lists and deeper objects, which are never valid, by empty lists: the libraries would traverse them
 * completely before they reject them.
 */
function prune(value: unknown, levels = MAX_DEPTH): unknown {
  if (!isNested(value)) return value;
  if (levels === 0 || Array.isArray(value)) return [];
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, prune(inner, levels - 1)]));
}

/** @returns the lists in the fields of the DTO that hold one */
function listsIn(body: unknown, dto: Type | undefined): [name: string, list: unknown[]][] {
  const fields = declaredFieldsOf(dto);
  if (!isNested(body)) return [];
  return Object.entries(body).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && fields.get(entry[0])?.isList === true,
  );
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Buffer) && !(value instanceof WrittenNumber);
}

/** Longer field names are cut off in errors. */
const MAX_NAME_LENGTH = 100;

const UNKNOWN = 'Unknown field; remove it.';

function nameInErrors(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).toWellFormed();
}

function refuse(problems: ValidationError[]): InvalidFields {
  const errors: FieldErrors = {};
  for (const { property, constraints = {} } of problems) {
    errors[nameInErrors(property)] =
      'whitelistValidation' in constraints ? [UNKNOWN] : [...new Set(Object.values(constraints))];
  }
  return new InvalidFields(errors);
}

function withoutEmpty(query: unknown): object {
  return Object.fromEntries(Object.entries(query as object).filter(([, value]) => value !== ''));
}
