import { Asked } from './asked.js';
import { AT_MOMENTS, PRESENT } from './decisions.sql.js';
import type { Read } from './decisions.reader.js';
import { idsOf, isPresent, readEvaluation, type Evaluation } from './evaluation.js';
import { readEvaluations } from './evaluations.js';

/** A request to the Access Evaluation API. */
export const EVALUATION = new Asked((body) => {
  const input = readEvaluation(body);
  return { input, read: readFor([input]) };
});

/** A request to the Access Evaluations API. */
export const EVALUATIONS = new Asked((body) => {
  const input = readEvaluations(body);
  const evaluations: Evaluation[] = [];
  for (const item of input.items) if ('evaluation' in item) evaluations.push(item.evaluation);
  return { input, read: readFor(evaluations) };
});

/** @returns the one statement for all evaluations, so that they see one snapshot */
function readFor(evaluations: readonly Evaluation[]): Read {
  const medics: (number | null)[] = [];
  const hospitals: (number | null)[] = [];
  for (const evaluation of evaluations) {
    const [medic, hospital] = idsOf(evaluation);
    medics.push(medic);
    hospitals.push(hospital);
  }
  const values = [integerArray(medics), integerArray(hospitals), evaluations.some(({ wantsReceipt }) => wantsReceipt)];
  if (evaluations.every(({ moment }) => isPresent(moment))) return { text: PRESENT, values, isPast: false };
  const instants = evaluations.map(({ moment }) => moment.asOf ?? null);
  const positions = evaluations.map(({ moment }) => moment.position ?? null);
  return { text: AT_MOMENTS, values: [...values, instants, positions], isPast: true };
}

/** @returns the array as PostgreSQL reads it; `pg` would look for quotes and backslashes in each number */
function integerArray(ids: readonly (number | null)[]): string {
  return `{${ids.map((id) => id ?? 'NULL').join(',')}}`;
}
