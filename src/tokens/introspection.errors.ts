import { DomainError } from '../common/errors.js';

/** The form lacks the parameter `token`, or repeats it. */
export class NoTokenToIntrospect extends DomainError {
  readonly kind = 'invalid';

  constructor() {
    super('The parameter token is required, exactly once.');
  }
}
