import { InvalidFields, type FieldErrors } from '../../common/errors.js';
import { firstState, isLive, nextState, type MembershipContext, type MembershipState } from '../membership.js';
import { MembershipType } from '../membership.entity.js';

/** A row that could be read. Exactly one of `medic` and `email` is present. */
export interface BulkRow {
  readonly medic?: number | undefined;
  readonly email?: string | undefined;
  readonly type?: MembershipType | undefined;
  /** When the membership ends by itself; null for no end. */
  readonly validUntil?: string | null | undefined;
  /** Whether a removed membership may be restored. */
  readonly restore: boolean;
}

/** A row that fails, with the membership that is in the way. */
export interface FailedRow {
  readonly status: 'failed';
  readonly membership?: number;
  readonly errors: FieldErrors;
}

/** A decision of the rules about a row. `next` is the state to store. */
export type RowDecision =
  | { readonly status: 'created'; readonly medicId: number; readonly next: MembershipState }
  | { readonly status: 'restored'; readonly membership: number; readonly next: MembershipState }
  | { readonly status: 'unchanged'; readonly membership: number }
  | FailedRow;

/** @returns a row that fails because of one field */
export function failed(field: string, sentence: string, membership?: number): FailedRow {
  return { status: 'failed', ...(membership === undefined ? {} : { membership }), errors: { [field]: [sentence] } };
}

/**
 * Decides one row of a bulk request (contract, section 14). A row adds or restores a membership and never takes a right
 * away, so it can neither break the last-ADMIN rule nor change a medic's choice of active hospital.
 * @param context of the row's medic at the hospital
 */
export function decideRow(row: BulkRow, context: MembershipContext): RowDecision {
  try {
    return decide(row, context);
  } catch (error) {
    if (!(error instanceof InvalidFields)) throw error;
    const membership = context.current === null ? {} : { membership: context.current.id };
    return { status: 'failed', ...membership, errors: error.details['errors'] as FieldErrors };
  }
}

function decide({ type, validUntil, restore }: BulkRow, context: MembershipContext): RowDecision {
  const { current, now } = context;
  if (current === null) {
    const wanted = { type: type ?? MembershipType.MEMBER, isActive: undefined, validUntil };
    return { status: 'created', medicId: context.medicId, next: firstState(wanted, context, false) };
  }
  if (current.isDeleted) {
    if (!restore) {
      return failed('restore', 'The membership was removed; send "restore": true to restore it.', current.id);
    }
    const next = nextState(current, { type, validUntil, isDeleted: false }, context, false);
    return { status: 'restored', membership: current.id, next };
  }
  if (!isLive(current, now)) {
    return failed(
      'valid_until',
      'The membership is not in force now; PATCH its valid_from or valid_until.',
      current.id,
    );
  }
  if (type !== undefined && type !== current.type) {
    return failed('type_membership', `The medic is already ${current.type} here; PATCH the membership.`, current.id);
  }
  if (validUntil !== undefined && validUntil !== current.validUntil) {
    const end = current.validUntil === null ? 'has no end' : `ends at ${current.validUntil}`;
    return failed('valid_until', `The membership ${end}; PATCH it to change that.`, current.id);
  }
  return { status: 'unchanged', membership: current.id };
}

/** A row with the medic that it names. */
export type AssignedRow = BulkRow & { readonly medicId: number };

/**
 * Rows that name the same medic may contradict each other, so all of them fail.
 * @param entries rows with their medics, and rows that have failed
 * @returns the entries in their order
 */
export function refuseRepeated(entries: readonly (AssignedRow | FailedRow)[]): (AssignedRow | FailedRow)[] {
  const places = new Map<number, number[]>();
  entries.forEach((entry, index) => {
    if ('medicId' in entry) places.set(entry.medicId, [...(places.get(entry.medicId) ?? []), index]);
  });
  return entries.map((entry) => {
    const same = 'medicId' in entry ? (places.get(entry.medicId) ?? []) : [];
    if (!('medicId' in entry) || same.length < 2) return entry;
    const field = entry.medic === undefined ? 'email' : 'medic';
    const named = same.slice(0, MAX_NAMED).join(', ');
    return failed(field, `Several rows name this medic (${named}${same.length > MAX_NAMED ? ', …' : ''}); send one.`);
  });
}

/** Number of rows that an error lists. */
const MAX_NAMED = 10;
