import { isAction } from '../access/permission.js';
import { InvalidInput } from '../common/errors.js';
import { isObject } from '../http/input/coercion.js';
import { readPathId } from '../http/input/path-id.js';
import { Input, type Entity, type Fields, type Moment } from './input.js';

/** The types of entities that decisions know. */
export const SUBJECT_TYPE = 'medic';
export const RESOURCE_TYPE = 'hospital';

/** One question: may the subject perform the action on the resource? */
export interface Evaluation {
  readonly subject: Entity;
  readonly action: string;
  readonly resource: Entity;
  readonly moment: Moment;
  readonly wantsReceipt: boolean;
}

/**
 * @param body the body of a request to the Access Evaluation API
 * @throws InvalidFields an entity is missing or mistyped, or the context cannot be used
 */
export function readEvaluation(body: unknown): Evaluation {
  const input = new Input();
  const fields = requireBody(body);
  const evaluation = evaluationIn(input, fields);
  input.requireValid();
  return evaluation;
}

/** @throws InvalidInput there is no body */
export function requireBody(body: unknown): Fields {
  if (isObject(body)) return body;
  throw new InvalidInput('The body must be a JSON object.');
}

function evaluationIn(input: Input, { subject, action, resource, context }: Fields): Evaluation {
  const { moment, wantsReceipt } = readContext(input, context);
  return {
    subject: input.entity(subject, 'subject'),
    action: input.action(action),
    resource: input.entity(resource, 'resource'),
    moment,
    wantsReceipt,
  };
}

/** Reads the members of a context that have a meaning here. */
export function readContext(input: Input, value: unknown): Pick<Evaluation, 'moment' | 'wantsReceipt'> {
  const context = input.object(value, 'context', false);
  return { moment: input.moment(context), wantsReceipt: input.wantsReceipt(context) };
}

/** @returns the id of an entity; null if none of this type can have it */
export function idOf({ type, id }: Entity, expected: string): number | null {
  return type === expected ? readPathId(id) : null;
}

/** @returns the ids that an evaluation concerns; nulls if it cannot be granted, whatever the data */
export function idsOf({ subject, action, resource }: Evaluation): [medic: number | null, hospital: number | null] {
  if (!isAction(action)) return [null, null];
  return [idOf(subject, SUBJECT_TYPE), idOf(resource, RESOURCE_TYPE)];
}

/** @returns whether a moment is the present */
export function isPresent({ asOf, position }: Moment): boolean {
  return asOf === undefined && position === undefined;
}
