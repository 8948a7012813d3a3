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
  return { input, read: readFor(input.items.flatMap((item) => ('evaluation' in item ? [item.evaluation] : []))) };
});

/** @returns the one statement for all evaluations, so that they see one snapshot */
function readFor(evaluations: readonly Evaluation[]): Read {
  const ids = evaluations.map(idsOf);
  const values = [
    ids.map(([medic]) => medic),
    ids.map(([, hospital]) => hospital),
    evaluations.some(({ wantsReceipt }) => wantsReceipt),
  ];
  if (evaluations.every(({ moment }) => isPresent(moment))) return { text: PRESENT, values, isPast: false };
  const instants = evaluations.map(({ moment }) => moment.asOf ?? null);
  const positions = evaluations.map(({ moment }) => moment.position ?? null);
  return { text: AT_MOMENTS, values: [...values, instants, positions], isPast: true };
}
