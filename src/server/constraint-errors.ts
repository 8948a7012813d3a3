import type { ConstraintErrors } from '../database/database-errors.js';
import { RequestInProgress } from '../retries/retry-errors.js';
import { EmailTaken } from '../medics/medic.errors.js';
import { ActiveHospitalAlreadyChosen, MembershipAlreadyExists } from '../memberships/membership.errors.js';

/** Maps each constraint of the schema to the error of its violation. */
export const CONSTRAINT_ERRORS: ConstraintErrors = {
  medic_email_unique: () => new EmailTaken(),
  membership_one_per_medic_and_hospital: () => new MembershipAlreadyExists(),
  membership_one_active_per_medic: () => new ActiveHospitalAlreadyChosen(),
  idempotent_response_lock: () => new RequestInProgress(),
  // Only if the lock is missing.
  idempotent_response_pkey: () => new RequestInProgress(),
};
