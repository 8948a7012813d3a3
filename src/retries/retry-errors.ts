import { DomainError } from '../common/errors.js';

/** Another request with the same `Idempotency-Key` has not ended. */
export class RequestInProgress extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super('A request with this Idempotency-Key is still running; try again shortly.');
  }
}

/** The `Idempotency-Key` belongs to another request. */
export class IdempotencyKeyReused extends DomainError {
  readonly kind = 'unprocessable';

  constructor() {
    super('This Idempotency-Key was used for another request; use a new one.');
  }
}
