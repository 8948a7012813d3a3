import { DomainError, OperatorError } from '../common/errors.js';
import type { Scope } from './scope.js';

/** The request has no `Authorization` header, or one with another scheme. */
export class NoServiceKey extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super(
      'A key of a service account is required; send Authorization: Bearer <key>.',
      {},
      { 'www-authenticate': 'Bearer' },
    );
  }
}

/** The key is malformed, unknown, expired or revoked. */
export class InvalidServiceKey extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    const challenge = 'Bearer error="invalid_token"';
    super(
      'The key is unknown, expired or revoked; ask the operator for another.',
      {},
      { 'www-authenticate': challenge },
    );
  }
}

/** The key is valid, but it is a medic's, or its account lacks the scope. */
export class InsufficientScope extends DomainError {
  readonly kind = 'forbidden';

  constructor(scope: Scope) {
    const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
    super(`A service account with the scope ${scope} is required.`, {}, { 'www-authenticate': challenge });
  }
}

/** A service account calls a route of medics. The message is the one for every caller without the right. */
export class NotAMedic extends DomainError {
  readonly kind = 'unauthorized';

  constructor() {
    super('Unauthorized Medic');
  }
}

/** A command names a service account that does not exist. */
export class NoSuchService extends OperatorError {
  constructor() {
    super('There is no service account with this name; `service list` shows them all.');
  }
}

/** A command changes a service account that is revoked. */
export class ServiceIsRevoked extends OperatorError {
  constructor() {
    super('This service account is revoked; create another under a new name.');
  }
}

/** A command creates a service account under a name that is, or was, in use. */
export class ServiceNameTaken extends OperatorError {
  constructor() {
    super('A service account has this name, or had it before; names are never reused, so choose another.');
  }
}
