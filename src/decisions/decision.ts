import { holds, isAction, type Action } from '../access/permission.js';
import { canAdminister, type Right, type Standing } from '../access/policy.js';
import type { Evaluation } from './evaluation.js';

/** The reasons for decisions, in the order of the contract: the first that applies counts. */
export const REASONS = [
  'unknown_action',
  'not_a_member',
  'account_inactive',
  'hospital_inactive',
  'not_an_admin',
  'member',
  'admin',
] as const;

export type Reason = (typeof REASONS)[number];

/** A live membership, or one of the past that was live, and how its medic stood to the hospital. */
export interface Facts extends Standing {
  readonly membership: number;
  /** The entry that put the membership into its state; null only while the record is being introduced. */
  readonly entry: string | null;
}

/** A decision, without the instant and the receipt that its response has. */
export interface Decision {
  readonly isGranted: boolean;
  readonly reason: Reason;
  readonly facts: Facts | null;
}

/**
 * @param facts about the subject at the resource; null without a live membership
 * @returns the decision, by the policy of `access/`
 */
export function decide({ action }: Pick<Evaluation, 'action'>, facts: Facts | null): Decision {
  if (!isAction(action)) return { isGranted: false, reason: 'unknown_action', facts: null };
  if (facts === null) return { isGranted: false, reason: 'not_a_member', facts };
  if (!holds(action, facts)) return { isGranted: false, reason: refusalOf(action, facts), facts };
  return { isGranted: true, reason: canAdminister(facts.right) ? 'admin' : 'member', facts };
}

/** Names what a refused standing lacks: the hospital's activity if that is all. */
function refusalOf(action: Action, standing: Standing): Reason {
  if (!standing.isAccountActive) return 'account_inactive';
  return holds(action, { ...standing, isHospitalActive: true }) ? 'hospital_inactive' : 'not_an_admin';
}

/** The JSON of facts about the present or the past; the right is null if the membership was not live then. */
export type FactsJson = readonly [
  membership: number,
  right: Right,
  isAccountActive: boolean | null,
  isHospitalActive: boolean | null,
  entry?: string,
];

/** @returns the facts about a membership that is, or was, live; otherwise null */
export function factsOf(json: FactsJson | null): Facts | null {
  if (json === null) return null;
  const [membership, right, isAccountActive, isHospitalActive, entry = null] = json;
  if (right === null) return null;
  return {
    membership,
    entry,
    right,
    isAccountActive: isAccountActive === true,
    isHospitalActive: isHospitalActive === true,
  };
}
