import { DomainError, InvalidInput } from '../common/errors.js';

/** The key is missing, unknown, expired or revoked, uses another scheme, or belongs to an inactive medic. */
export class InvalidToken extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super('Invalid Token');
  }
}

/** No active medic has this email and this password. The message does not reveal which of the two is wrong. */
export class WrongCredentials extends InvalidInput {
  constructor() {
    super('Unable to log in with provided credentials.');
  }
}

/** Upper bound for the live keys of one medic. */
export const MAX_LIVE_TOKENS = 20;

/** The medic already has {@link MAX_LIVE_TOKENS} live keys. */
export class TooManyTokens extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super(`The medic already has ${String(MAX_LIVE_TOKENS)} live tokens; revoke one of them first.`);
  }
}
