import { DomainError, InvalidFields, type FieldErrors } from '../common/errors.js';

/** Rule 1: the pair of medic and hospital has a membership, live or deleted. */
export class MembershipAlreadyExists extends DomainError {
  readonly kind = 'conflict';

  /** @param membership the id to edit, if it is known */
  constructor(membership?: number) {
    super('Membership already exists please edit instead of trying to create it again.', { membership });
  }
}

/** An update names another medic or hospital: that would be another membership. */
export class MembershipCannotMove extends InvalidFields {
  constructor(movesMedic: boolean, movesHospital: boolean) {
    const sentences = ['Cannot be changed; create another membership and remove this one.'];
    const errors: FieldErrors = {};
    if (movesMedic) errors['medic'] = sentences;
    if (movesHospital) errors['hospital'] = sentences;
    super(errors);
  }
}

/** Rule 2: the change would leave the hospital without an ADMIN who can act. */
export class LastAdminOfHospital extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super('This is the last ADMIN of the hospital; appoint another ADMIN first.');
  }
}

/** Rule 4: the medic has chosen an active hospital, and the caller may not change it. */
export class ActiveHospitalAlreadyChosen extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super(
      'The medic already has an active hospital; only the medic, or the account that created the medic, can change it.',
    );
  }
}

/** A deleted membership can only be restored. */
export class MembershipIsDeleted extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super('The membership is deleted; restore it first, or in the same request, with "is_deleted": false.');
  }
}

/** A membership outside its time cannot be chosen; the flag waits with the one that starts first, if none is live. */
export class MembershipNotInForce extends DomainError {
  readonly kind = 'conflict';

  constructor() {
    super('The membership is not in force now; choose it once it is, or change valid_from or valid_until.');
  }
}
