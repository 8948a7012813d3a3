import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow, isEmail, registerDecorator } from 'class-validator';
import { isStorable, lengthOf, MAX_ID, readBoolean, readId, readText, UNREADABLE } from './coercion.js';

/** Options of a request field. */
export interface FieldOptions {
  readonly description: string;
  /** Swagger UI prefills it; an optional query parameter without an example is not sent. */
  readonly example?: unknown;
  /** Default: false. */
  readonly required?: boolean;
  /** Whether `null` is accepted. Default: false. */
  readonly nullable?: boolean;
}

/** Parses, checks and documents one type of field. */
export interface FieldType {
  /** @returns the value as the DTO holds it, or {@link UNREADABLE} */
  readonly read: (value: unknown) => unknown;
  /** The error if the value is {@link UNREADABLE}. */
  readonly sentence: string;
  /** @returns the error in a value that could be read, or undefined */
  readonly check?: (value: never) => string | undefined;
  readonly schema: ApiPropertyOptions;
  /** Whether a value is a list. Other fields never see one. */
  readonly isList?: boolean;
}

/** Declares a request field, parsed by the rules in section 2 of the contract, validated and documented. */
export function Field(type: FieldType, options: FieldOptions): PropertyDecorator {
  const { required = false, nullable = false, description, example } = options;
  const documented = { required, nullable, description, ...(example === undefined ? {} : { example }) };
  const schema = { ...type.schema, ...documented } as ApiPropertyOptions;
  const problem = (value: unknown): string | undefined => {
    if (value === undefined) return required ? 'This field is required.' : undefined;
    if (value === null) return nullable ? undefined : 'This field may not be null.';
    return value === UNREADABLE ? type.sentence : type.check?.(value as never);
  };
  return applyDecorators(
    ApiProperty(schema),
    Transform(({ obj, key }) => readPresent((obj as Record<string, unknown>)[key], type)),
    (target: object, propertyName: string | symbol) => {
      const read = (value: unknown) => readPresent(value, type);
      noteField(target.constructor, String(propertyName), { read, problem, isList: type.isList === true });
      registerDecorator({
        name: 'field',
        target: target.constructor,
        propertyName: String(propertyName),
        validator: {
          validate: (value) => problem(value) === undefined,
          defaultMessage: (field) => problem(field?.value) ?? '',
        },
      });
    },
  );
}

/** One field of a DTO. */
interface DeclaredField {
  readonly read: (value: unknown) => unknown;
  /** @returns the error in what `read` returned, or undefined */
  readonly problem: (value: unknown) => string | undefined;
  readonly isList: boolean;
}

/** Key of the fields of a DTO in its metadata. */
const FIELDS = Symbol('fields');
const NONE: ReadonlyMap<string, DeclaredField> = new Map();

function noteField(dto: object, name: string, field: DeclaredField): void {
  Reflect.defineMetadata(FIELDS, new Map([...declaredFieldsOf(dto as Type), [name, field]]), dto);
}

/** @returns the fields of a DTO by name, in the order of their declaration */
export function declaredFieldsOf(dto: Type | undefined): ReadonlyMap<string, DeclaredField> {
  if (dto === undefined) return NONE;
  return (Reflect.getMetadata(FIELDS, dto) as ReadonlyMap<string, DeclaredField> | undefined) ?? NONE;
}

function readPresent(value: unknown, type: FieldType): unknown {
  return value === undefined || value === null ? value : type.read(value);
}

/** A positive 32-bit integer, or a string of its digits. */
export const idType: FieldType = {
  read: readId,
  sentence: `Must be an id: a whole number from 1 to ${String(MAX_ID)}.`,
  schema: { type: 'integer', minimum: 1, maximum: MAX_ID },
};

/** `true` or `false` in any case, or `0` or `1`. */
export const booleanType: FieldType = {
  read: readBoolean,
  sentence: 'Must be true or false.',
  schema: { type: 'boolean' },
};

/**
 * Text that is stored unchanged.
 * @param options `min` and `max` count code points; a `min` of 1 also rejects blank text
 */
export function textType({ min = 0, max }: { min?: number; max: number }): FieldType {
  return {
    read: readText,
    sentence: 'Must be text.',
    check: (text: string) => textProblem(text, min, max),
    schema: { type: 'string', minLength: min, maxLength: max },
  };
}

function textProblem(text: string, min: number, max: number): string | undefined {
  if (!isStorable(text)) return 'Must be valid Unicode text without U+0000.';
  if (min > 0 && text.trim() === '') return 'This field may not be blank.';
  const length = lengthOf(text);
  if (length > max) return `Must have at most ${String(max)} characters.`;
  return length < min ? `Must have at least ${String(min)} characters.` : undefined;
}

/** A whole number in a query string, from `min` to `max`. */
export function wholeNumberType(min: number, max = Number.MAX_SAFE_INTEGER): FieldType {
  const range =
    max === Number.MAX_SAFE_INTEGER ? `of at least ${String(min)}` : `from ${String(min)} to ${String(max)}`;
  return {
    read: (value) =>
      typeof value === 'string' && /^\d+$/.test(value) ? Math.min(Number(value), Number.MAX_SAFE_INTEGER) : UNREADABLE,
    sentence: `Must be a whole number ${range}.`,
    check: (value: number) => (value >= min && value <= max ? undefined : `Must be a whole number ${range}.`),
    schema: { type: 'integer', minimum: min, ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }) },
  };
}

/**
 * A list of objects, which are not read: whoever has the list validates each of them, so that one does not spoil all.
 * @param item class of an item, for the document
 * @param max upper bound of the length
 */
export function listType(item: Type, max: number): FieldType {
  const sentence = `Must be a list of 1 to ${String(max)} objects.`;
  return {
    read: (value) => (Array.isArray(value) ? value : UNREADABLE),
    sentence,
    check: ({ length }: unknown[]) => (length >= 1 && length <= max ? undefined : sentence),
    schema: { type: [item], minItems: 1, maxItems: max },
    isList: true,
  };
}

/** An email address of at most 254 characters. */
export const emailType: FieldType = {
  read: readText,
  sentence: 'Must be an email address.',
  check: (text: string) =>
    textProblem(text, 1, 254) ?? (isEmail(text) ? undefined : 'Must be an email address, such as name@example.org.'),
  schema: { type: 'string', format: 'email', maxLength: 254 },
};

/** A calendar date as `YYYY-MM-DD`. */
export const dateType: FieldType = {
  read: (value) => (typeof value === 'string' ? value : UNREADABLE),
  sentence: 'Must be a date in the format YYYY-MM-DD.',
  check: (text: string) => (isDay(text) ? undefined : 'Must be a date in the format YYYY-MM-DD.'),
  schema: { type: 'string', format: 'date' },
};

/** @returns whether the text is a date of the calendar, from the year 1 on, as `YYYY-MM-DD` */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

/** Declares fields that a client may send back, and that are ignored. */
export function ReadOnlyFields(...names: string[]): ClassDecorator {
  return (dto) => {
    const prototype = (dto as unknown as { prototype: object }).prototype;
    for (const name of names) {
      Allow()(prototype, name);
      Transform(() => undefined)(prototype, name);
      const description = 'Read-only: accepted and ignored.';
      ApiProperty({ readOnly: true, required: false, description, type: 'string' })(prototype, name);
    }
  };
}
