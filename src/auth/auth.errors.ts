import { DomainError, InvalidFields, WHOLE_INPUT } from '../common/errors.js';

/** No key, another scheme, an unknown, expired or revoked key, or the key of a deactivated medic. */
export class InvalidToken extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super('Invalid Token');
  }
}

/** No active medic has this email and this password; which of the two is wrong is not said. */
export class WrongCredentials extends InvalidFields {
  constructor() {
    const sentence = 'Unable to log in with provided credentials.';
    super({ [WHOLE_INPUT]: [sentence] }, sentence);
  }
}

/** How many keys of one medic may work at a time. */
export const MAX_LIVE_TOKENS = 20;

/** The medic has {@link MAX_LIVE_TOKENS} keys that work. */
export class TooManyTokens extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super(`The medic has ${String(MAX_LIVE_TOKENS)} live tokens already; revoke one of them first.`);
  }
}
