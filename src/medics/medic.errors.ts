import { DomainError, InvalidFields } from '../common/errors.js';

/** Another medic has this email, perhaps in another letter case. */
export class EmailTaken extends InvalidFields {
  constructor() {
    super({ email: ['A medic with this email already exists; use another one.'] });
  }
}

/** The caller may not give the medic this hospital, or this right there (section 6). */
export class CannotAssignHospital extends DomainError {
  readonly kind = 'invalid';

  constructor(hospitalId: number) {
    super(`You do not have sufficient permissions to assign this hospital: ${String(hospitalId)}`, {
      errors: { hospital: ['You must be an ADMIN of this hospital.'] },
    });
  }
}
