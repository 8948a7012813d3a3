import { DomainError } from '../common/errors.js';

/** The key is valid, but its medic lacks the right that the request needs. */
export class UnauthorizedMedic extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super('Unauthorized Medic');
  }
}
