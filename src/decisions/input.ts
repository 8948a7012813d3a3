import { InvalidFields, type FieldErrors } from '../common/errors.js';
import { isObject, WrittenNumber } from '../http/input/coercion.js';
import { instantType, readInstant } from '../http/input/instants.js';

/** A subject or a resource, as far as it decides: its properties are never believed. */
export interface Entity {
  readonly type: string;
  readonly id: string;
}

/** The time that a request asks about; neither member is the present. */
export interface Moment {
  /** An instant in the format of the contract. */
  readonly asOf?: string;
  /** The state right after this entry of the record. */
  readonly position?: number;
}

/** The moment of a request that names none. */
const NOW: Moment = {};

export type Fields = Readonly<Record<string, unknown>>;

const REQUIRED = 'This field is required.';
const OBJECT = 'Must be an object.';
const TEXT = 'Must be a string.';

/** Reads the members of a request, and collects every problem with the name of its member. */
export class Input {
  private errors: FieldErrors | undefined;

  /** @throws InvalidFields there were problems */
  requireValid(): void {
    if (this.errors !== undefined) throw new InvalidFields(this.errors);
  }

  /** Notes a problem of a member. */
  refuse(name: string, sentence: string): void {
    this.errors ??= {};
    this.errors[name] = [sentence];
  }

  /** @returns an object, or undefined after a problem or if it is absent */
  object(value: unknown, name: string, isRequired = true): Fields | undefined {
    if (isObject(value)) return value;
    if (value !== undefined) this.refuse(name, OBJECT);
    else if (isRequired) this.refuse(name, REQUIRED);
    return undefined;
  }

  /** @returns a string, empty after a problem */
  text(value: unknown, name: string): string {
    if (typeof value === 'string') return value;
    this.refuse(name, value === undefined ? REQUIRED : TEXT);
    return '';
  }

  /** @param needsId false for what a search looks for: an id is then ignored */
  entity(value: unknown, name: string, needsId = true): Entity {
    const fields = this.object(value, name);
    if (fields === undefined) return { type: '', id: '' };
    this.object(fields['properties'], `${name}.properties`, false);
    const type = this.text(fields['type'], `${name}.type`);
    return { type, id: needsId ? this.text(fields['id'], `${name}.id`) : '' };
  }

  /** @returns the name of an action */
  action(value: unknown): string {
    const fields = this.object(value, 'action');
    if (fields === undefined) return '';
    this.object(fields['properties'], 'action.properties', false);
    return this.text(fields['name'], 'action.name');
  }

  /** Reads `as_of` and `position` of a context. */
  moment(context: Fields | undefined): Moment {
    if (context === undefined) return NOW;
    const { as_of: asOf, position } = context;
    if (asOf !== undefined && position !== undefined) {
      this.refuse('context.position', 'Send either as_of or position, not both.');
      return NOW;
    }
    if (asOf !== undefined) {
      const instant = typeof asOf === 'string' ? readInstant(asOf) : undefined;
      if (instant === undefined) this.refuse('context.as_of', instantType.sentence);
      return { asOf: instant ?? '' };
    }
    if (position === undefined) return NOW;
    const number = wholeNumberOf(position);
    if (number === undefined || number < 1) {
      this.refuse('context.position', 'Must be the position of an entry of the record: a whole number of at least 1.');
    }
    return { position: number ?? 0 };
  }

  /** @returns whether a context asks for a receipt */
  wantsReceipt(context: Fields | undefined): boolean {
    const { receipt = false } = context ?? {};
    if (typeof receipt === 'boolean') return receipt;
    this.refuse('context.receipt', 'Must be true or false.');
    return false;
  }
}

/** @returns a whole number, in any spelling of JSON */
export function wholeNumberOf(value: unknown): number | undefined {
  const number = value instanceof WrittenNumber ? Number(value.text) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
