import { ValidationPipe, type ArgumentMetadata, type PipeTransform, type ValidationError } from '@nestjs/common';
import { WrittenNumber } from './coercion.js';
import { InvalidFields, type FieldErrors } from '../../common/errors.js';

/**
 * Turns a body or a query into its DTO. A field of a body that the DTO lacks is refused; an unknown or
 * empty parameter of a query is left out.
 * @throws InvalidFields naming every field that is wrong
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
      refuseReservedNames(value);
      return this.bodies.transform(cut(value), metadata);
    }
    if (metadata.type !== 'query') return value;
    const query = withoutEmpty(value);
    // No parameter of a query is required.
    return Object.keys(query).length === 0 ? {} : this.queries.transform(query, metadata);
  }
}

/** The libraries skip the names that every object has anyway, so such a field would be lost in silence. */
function refuseReservedNames(body: unknown): void {
  const reserved = Object.keys(Object(body) as object).filter(
    (name) => name === 'prototype' || name in Object.prototype,
  );
  if (reserved.length > 0) throw new InvalidFields(Object.fromEntries(reserved.map((name) => [name, [UNKNOWN]])));
}

/** How deep the fields go: the body, and an object that holds an id. */
const LEVELS = 2;

/**
 * No field is a list or goes deeper, but the libraries walk through all that is in a value before they refuse it.
 * @returns the body with an empty list in place of each list, and of what is too deep
 */
function cut(value: unknown, levels = LEVELS): unknown {
  if (!isNested(value)) return value;
  if (levels === 0 || Array.isArray(value)) return [];
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cut(inner, levels - 1)]));
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Buffer) && !(value instanceof WrittenNumber);
}

/** How much of the name of a field an error repeats. */
const MAX_NAME = 100;

const UNKNOWN = 'Unknown field; remove it.';

function refuse(problems: ValidationError[]): InvalidFields {
  const errors: FieldErrors = {};
  for (const { property, constraints = {} } of problems) {
    errors[property.slice(0, MAX_NAME).toWellFormed()] =
      'whitelistValidation' in constraints ? [UNKNOWN] : [...new Set(Object.values(constraints))];
  }
  return new InvalidFields(errors);
}

function withoutEmpty(query: unknown): object {
  return Object.fromEntries(Object.entries(query as object).filter(([, value]) => value !== ''));
}
