/** Kinds of errors; the error filter maps each kind to its status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not found'
  | 'method not allowed'
  | 'not acceptable'
  | 'conflict'
  | 'precondition failed'
  | 'unsupported media type'
  | 'unprocessable'
  | 'too many requests'
  | 'not implemented'
  | 'unavailable';

/** An error that the contract defines. Its message is for the client. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;

  /**
   * @param details members of the response body in addition to `message`
   * @param headers response headers in addition to those of its kind, by lower-case name
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

/** Field name -> error messages. */
export type FieldErrors = Record<string, string[]>;

/** The input is invalid. */
export class InvalidFields extends DomainError {
  readonly kind = 'invalid';

  /** @param details as of {@link DomainError}, besides `errors` */
  constructor(
    errors: FieldErrors,
    message = `Some fields are not valid: ${Object.keys(errors).join(', ')}.`,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message, { errors, ...details });
  }
}

/** Key in {@link FieldErrors} for errors of the input as a whole. */
export const WHOLE_INPUT = 'non_field_errors';

/** The input as a whole is invalid, and not one of its fields. */
export class InvalidInput extends InvalidFields {
  constructor(sentence: string) {
    super({ [WHOLE_INPUT]: [sentence] }, sentence);
  }
}

/** The process has more work than it can handle. */
export class Overloaded extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('The service is overloaded; try again shortly.');
  }
}

/** A limit was exceeded. */
export class TooManyRequests extends DomainError {
  readonly kind = 'too many requests';

  /** @param seconds time until the next request is accepted */
  constructor(
    readonly seconds: number,
    message = `Too many requests; try again in ${String(seconds)} s.`,
  ) {
    super(message, {}, { 'retry-after': String(seconds) });
  }
}

/** A command or the start of the service failed. The message is for the operator. */
export class OperatorError extends Error {}

/** A command names a hospital that does not exist. */
export class NoSuchHospital extends OperatorError {
  constructor() {
    super('There is no hospital with this id; `hospital list` shows them all.');
  }
}
