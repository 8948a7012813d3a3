import { DomainError } from '../common/domain-error.js';

/** No key, another scheme, an unknown, expired or revoked key, or the key of a deactivated medic. */
export class InvalidToken extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super('Invalid Token');
  }
}
