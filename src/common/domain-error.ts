/** What the caller did that cannot be answered; the error filter gives each kind its status. */
export type ErrorKind = 'invalid' | 'unauthorized' | 'not found' | 'conflict' | 'unavailable';

/** A refusal that the contract knows. Its message is for the caller; `details` go into the body beside it. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;

  constructor(
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** It does not exist, or the caller may not know of it. */
export class NotFound extends DomainError {
  readonly kind = 'not found';

  constructor(message = 'Not found') {
    super(message);
  }
}

/** Field name -> the sentences that say what is wrong with it. */
export type FieldErrors = Record<string, string[]>;

/** The input is wrong; `errors` says which fields, and why. */
export class InvalidFields extends DomainError {
  readonly kind = 'invalid';

  constructor(errors: FieldErrors, message = `Some fields are not valid: ${Object.keys(errors).join(', ')}.`) {
    super(message, { errors });
  }
}

/** The key that stands for the input as a whole in {@link FieldErrors}. */
export const WHOLE_INPUT = 'non_field_errors';
