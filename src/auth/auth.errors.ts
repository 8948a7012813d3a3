import { DomainError, InvalidFields, WHOLE_INPUT } from '../common/errors.js';

/** The key is missing, unknown, expired or revoked, uses another scheme, or belongs to an inactive medic. */
export class InvalidToken extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super('Invalid Token');
  }
}

/** No active medic has this email and this password. The message does not reveal which of the two is wrong. */
export class WrongCredentials extends InvalidFields {
  constructor() {
    const sentence = 'Unable to log in with provided credentials.';
    super({ [WHOLE_INPUT]: [sentence] }, sentence);
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
