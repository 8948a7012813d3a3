import type { DataSource } from 'typeorm';
import { sequenceAll } from '../../src/record/bulk.js';
import type { CheckedResponse } from '../support/checked-response.js';
import type { RequestOptions } from '../support/client.js';
import { valueOf } from '../support/hand.js';
import type { ServiceActor } from '../support/services.js';

/** The response to one question. */
export interface Answer {
  readonly decision: boolean;
  readonly context: {
    readonly reason?: string;
    readonly membership?: number;
    readonly entry?: string;
    readonly evaluated_at?: string;
    readonly as_of?: string;
    readonly position?: number;
    readonly receipt?: string;
    readonly error?: { readonly status: number; readonly message: string };
  };
}

/** A time that a question is about. */
export interface Context {
  readonly as_of?: unknown;
  readonly position?: unknown;
  readonly receipt?: unknown;
}

/** @returns a question about a medic and a hospital, by their ids */
export function question(medic: number | string, hospital: number | string, name = 'prescribe', context?: Context) {
  return {
    subject: { type: 'medic', id: String(medic) },
    action: { name },
    resource: { type: 'hospital', id: String(hospital) },
    ...(context === undefined ? {} : { context }),
  };
}

/** @returns the last position of the record, once every change has one */
export async function lastPosition(dataSource: DataSource): Promise<number> {
  await sequenceAll(dataSource);
  return valueOf<number>(dataSource, 'SELECT position::integer AS value FROM record_head');
}

export function evaluate(asker: ServiceActor, body: unknown, headers = {}): Promise<CheckedResponse> {
  return asker.send('POST', '/access/v1/evaluation', { body, headers });
}

/** @returns the answer to a question that must be accepted */
export async function answerTo(asker: ServiceActor, body: unknown): Promise<Answer> {
  return (await evaluate(asker, body)).is(200).body<Answer>();
}

export function evaluations(
  asker: ServiceActor,
  body: unknown,
  options: RequestOptions = {},
): Promise<CheckedResponse> {
  return asker.send('POST', '/access/v1/evaluations', { ...options, body });
}

/** @returns the answers to a batch that must be accepted */
export async function answersTo(asker: ServiceActor, body: unknown, options: RequestOptions = {}): Promise<Answer[]> {
  return (await evaluations(asker, body, options)).is(200).body<{ evaluations: Answer[] }>().evaluations;
}
