import type { Limits } from '../access/policy.js';
import { InvalidFields, type FieldErrors } from '../common/errors.js';

/** No limits in time, as the memberships of the mirrored API. */
export const UNLIMITED: Limits = { validFrom: null, validUntil: null };

/** The limits that a request changes, in the format of the contract; absent ones stay, null removes one. */
export type LimitsChange = { readonly [Name in keyof Limits]?: string | null | undefined };

/**
 * Applies a change of the limits in time (section 14 of the contract).
 * @param current the limits before the change
 * @param isNew whether the membership is created or restored, and its end must therefore be ahead
 * @param now the instant of the database's clock
 * @returns the limits after the change
 * @throws InvalidFields the membership would end before it starts, or in the past
 */
export function nextLimits(current: Limits, change: LimitsChange, isNew: boolean, now: string): Limits {
  const validFrom = change.validFrom === undefined ? current.validFrom : change.validFrom;
  const validUntil = change.validUntil === undefined ? current.validUntil : change.validUntil;
  const isSame = validFrom === current.validFrom && validUntil === current.validUntil;
  if (validUntil === null || (isSame && !isNew)) return { validFrom, validUntil };
  const errors: FieldErrors = {};
  if (validUntil <= now && (isNew || validUntil !== current.validUntil)) {
    errors['valid_until'] = [change.validUntil === undefined ? HAS_ENDED : IS_PAST];
  } else if (validFrom !== null && validUntil <= validFrom) {
    const isAboutStart = change.validUntil === undefined || change.validUntil === current.validUntil;
    errors[isAboutStart ? 'valid_from' : 'valid_until'] = [isAboutStart ? STARTS_TOO_LATE : ENDS_TOO_EARLY];
  }
  if (Object.keys(errors).length > 0) throw new InvalidFields(errors);
  return { validFrom, validUntil };
}

const IS_PAST = 'Must be in the future.';
const HAS_ENDED =
  'The membership has ended; send a valid_until in the future with the restoration, or null for no end.';
const ENDS_TOO_EARLY = 'Must be after valid_from.';
const STARTS_TOO_LATE = 'Must be before valid_until.';
