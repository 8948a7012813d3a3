import { DomainError } from '../../common/errors.js';

/** The service has no signing key. */
export class NoSigningKey extends DomainError {
  readonly kind = 'not implemented';

  constructor() {
    super('This service has no signing key; the operator sets SIGNING_KEY_FILE to a file that `record key` creates.');
  }
}

/** The record is not a continuation of what this process has signed: commits were lost, or the tree was changed. */
export class RecordWasReplaced extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super(
      'The record lacks entries of an earlier checkpoint; the operator checks it with `record verify`, and runs `record restart` if a failover or a restore has lost them.',
    );
  }
}
