import { InvalidFields } from '../common/errors.js';
import { readContext, readEvaluation, requireBody, type Evaluation } from './evaluation.js';
import { Input, type Fields } from './input.js';

/** Upper bound of the evaluations of a request. */
export const MAX_EVALUATIONS = 1000;

/** The semantics of a request with several evaluations. */
export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;

export type Semantic = (typeof SEMANTICS)[number];

/** An item of a request that can be decided. */
export interface Question {
  readonly evaluation: Evaluation;
  /** Whether its context is the default one. */
  readonly inheritsContext: boolean;
}

/** One item of a request: a question, or the reason why it is not a question. */
export type Item = Question | { readonly problem: InvalidFields };

/** A request to the Access Evaluations API. */
export interface Evaluations {
  readonly items: readonly Item[];
  readonly semantic: Semantic;
  /** Whether the request has no items, so that it is one to the Access Evaluation API. */
  readonly isSingle: boolean;
}

/**
 * @param body the body of a request
 * @throws InvalidFields the request as a whole is wrong; a wrong item is an {@link Item} of its own
 */
export function readEvaluations(body: unknown): Evaluations {
  const fields = requireBody(body);
  const { evaluations } = fields;
  const input = new Input();
  const semantic = semanticIn(input, fields);
  if (evaluations !== undefined && !Array.isArray(evaluations)) input.refuse('evaluations', 'Must be an array.');
  const list = Array.isArray(evaluations) ? (evaluations as unknown[]) : [];
  if (list.length > MAX_EVALUATIONS) {
    input.refuse('evaluations', `Send at most ${String(MAX_EVALUATIONS)} evaluations in one request.`);
  }
  if (list.length > 0) readDefaults(input, fields);
  input.requireValid();
  if (list.length > 0) return { items: list.map((item) => itemOf(fields, item)), semantic, isSingle: false };
  return { items: [{ evaluation: readEvaluation(body), inheritsContext: true }], semantic, isSingle: true };
}

function semanticIn(input: Input, { options }: Fields): Semantic {
  const { evaluations_semantic: wanted = 'execute_all' } = input.object(options, 'options', false) ?? {};
  const semantic = SEMANTICS.find((each) => each === wanted);
  if (semantic === undefined) input.refuse('options.evaluations_semantic', `Must be one of ${SEMANTICS.join(', ')}.`);
  return semantic ?? 'execute_all';
}

/** A wrong default is an error of the whole request, even if every item has a value of its own. */
function readDefaults(input: Input, { subject, action, resource, context }: Fields): void {
  if (subject !== undefined) input.entity(subject, 'subject');
  if (action !== undefined) input.action(action);
  if (resource !== undefined) input.entity(resource, 'resource');
  readContext(input, context);
}

/** @returns the item with the defaults that it does not override; an entity is inherited as a whole or not at all */
function itemOf(defaults: Fields, item: unknown): Item {
  try {
    const own = requireBody(item);
    // A null is a wrong value, not an absent one, so it does not inherit the default.
    const { subject = defaults['subject'], action = defaults['action'], resource = defaults['resource'] } = own;
    const { context = defaults['context'] } = own;
    const evaluation = readEvaluation({ subject, action, resource, context });
    return { evaluation, inheritsContext: own['context'] === undefined };
  } catch (error) {
    if (error instanceof InvalidFields) return { problem: error };
    throw error;
  }
}
