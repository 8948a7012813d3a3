import { DomainError } from '../common/errors.js';

/** The form lacks the parameter `token`, or repeats it. */
export class NoTokenToIntrospect extends DomainError {
  readonly kind = 'invalid';

  constructor() {
    super('The parameter token is required, exactly once.');
  }
}

/** The body is not a form. */
export class NotAForm extends DomainError {
  readonly kind = 'unsupported media type';

  constructor() {
    super('Unsupported media type; send application/x-www-form-urlencoded, not compressed.');
  }
}
