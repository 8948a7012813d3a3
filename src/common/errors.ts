/** The kinds of refusals; the error filter maps each kind to its status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'not found'
  | 'method not allowed'
  | 'not acceptable'
  | 'conflict'
  | 'unsupported media type'
  | 'too many requests'
  | 'unavailable';

/** A refusal that the contract defines. Its message is for the caller. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;

  /**
   * @param details members of the response body next to `message`
   * @param headers headers of the response besides those of its kind, by lower-case name
   */
  constructor(
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The resource does not exist, or the caller may not know about it. */
export class NotFound extends DomainError {
  readonly kind = 'not found';

  constructor(message = 'Not found') {
    super(message);
  }
}

/** Field name -> sentences that say what is wrong with the field. */
export type FieldErrors = Record<string, string[]>;

/** The input is wrong; `errors` names the fields and the reasons. */
export class InvalidFields extends DomainError {
  readonly kind = 'invalid';

  constructor(errors: FieldErrors, message = `Some fields are not valid: ${Object.keys(errors).join(', ')}.`) {
    super(message, { errors });
  }
}

/** The key in {@link FieldErrors} that stands for the input as a whole. */
export const WHOLE_INPUT = 'non_field_errors';

/** The process has more work than it can do. */
export class Overloaded extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('The service has too much to do at the moment; try again shortly.');
  }
}

/** A limit was exceeded. */
export class TooManyRequests extends DomainError {
  readonly kind = 'too many requests';

  /** @param seconds until the next try counts again */
  constructor(
    readonly seconds: number,
    message = `Too many requests; try again in ${String(seconds)} s.`,
  ) {
    super(message, {}, { 'retry-after': String(seconds) });
  }
}

/** A reason why a command, or the start of the service, cannot succeed. Its message is for the operator. */
export class OperatorError extends Error {}
