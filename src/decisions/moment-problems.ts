import { InvalidFields } from '../common/errors.js';
import { IN_FUTURE, tooEarly, type MomentProblem } from '../record/past.js';

/** The beginning and the end of the record, as a statement about the past sees them. */
export interface Ends {
  /** Null if the record has not begun. */
  readonly began: string | null;
  /** The last position. */
  readonly head: number;
}

/** @returns the ends in a row; a row about the present does not contain them */
export function endsOf({ began = null, head = 0 }: Partial<Ends>): Ends {
  return { began, head };
}

/** @returns the error for a moment about which the record knows nothing */
export function errorOf(problem: MomentProblem, { began, head }: Ends): InvalidFields {
  if (problem === 'beyond') {
    const last = head === 0 ? 'The record has no entries yet.' : `The last position of the record is ${String(head)}.`;
    return new InvalidFields({ 'context.position': [last] });
  }
  return new InvalidFields({ 'context.as_of': [problem === 'future' ? IN_FUTURE : tooEarly(began)] });
}
