import fc from 'fast-check';
import type { Expected } from './expected.js';
import { instantOf } from './limits.js';
import type { Model } from './model.js';
import type { Query } from './reads.js';
import type { ModelHospital, ModelMedic } from './world.js';

/** The request of a command in the model's present state. */
export interface Sent {
  readonly by: ModelMedic;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: Readonly<Record<string, unknown>>;
  /**
   * Checks the right again, as for a repeated request. Absent if no response is stored under an `Idempotency-Key`.
   * @throws Refused
   */
  readonly requireRight?: () => void;
  /** The stored response that the request repeats, or whose key it takes for another request. */
  readonly repeats?: Stored;
  /** How many days pass before the request; none by default. */
  readonly passing?: number;
  /** Applies the request to the model. @throws Refused */
  readonly expect: () => Expected;
}

/** A write whose response is stored under its `Idempotency-Key`. */
export interface Stored {
  readonly sent: Sent;
  readonly asForm: boolean;
  readonly key: string;
  readonly status: number;
  readonly text: string;
}

/** An operation that picks its caller and targets from the rows that exist when it runs. */
export interface Command {
  readonly name: string;
  /** Whether the body is sent as a form, if a form can express it. */
  readonly asForm: boolean;
  /** Whether it has an `Idempotency-Key`, if it is a creation. */
  readonly hasKey: boolean;
  readonly toSend: (model: Model) => Sent;
}

/** An index into several rows; {@link NOBODY} stands for a row that does not exist. */
export type Pick = number;
export const NOBODY = 12;
export const NO_ID = 4711;

/** The caller of a request: one of those with the right, or anyone. */
export interface Caller {
  readonly pick: number;
  readonly isEntitled: boolean;
}

export const pick: fc.Arbitrary<Pick> = fc.nat(NOBODY);
export const caller = fc.record({
  pick: fc.nat(11),
  isEntitled: fc.nat(4).map((n) => n > 0),
});
export const maybe = fc.boolean();

/** Limits in time of a few requests, most of them in the next days. */
export const limits = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ valid_until: day(1) }) },
  { weight: 1, arbitrary: fc.record({ valid_from: day(-2), valid_until: day(-1) }, { requiredKeys: [] }) },
);

/** @param first the first day that is drawn */
function day(first: number): fc.Arbitrary<string | null> {
  return fc.oneof(fc.constant(null), fc.integer({ min: first, max: 3 }).map(instantOf));
}

/** A record with every field optional. */
export const listed = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

export function oneOf<T>(rows: readonly T[], n: Pick): T | undefined {
  return n === NOBODY ? undefined : rows[n % Math.max(rows.length, 1)];
}

export const idOf = (row: { id: number } | undefined) => row?.id ?? NO_ID;

export function whoCalls(model: Model, { pick: n, isEntitled }: Caller, entitled: readonly ModelMedic[]): ModelMedic {
  const active = entitled.filter((medic) => medic.isActive);
  const medics = isEntitled && active.length > 0 ? active : model.medics;
  return medics[n % medics.length] as ModelMedic;
}

export function adminsOf(model: Model, hospital: ModelHospital | undefined): ModelMedic[] {
  return hospital === undefined ? [] : model.adminsOf(hospital);
}

/**
 * @param weight relative frequency of the command
 * @param toSend builds the request from the drawn parameters
 */
export function command<P extends object>(
  name: string,
  weight: number,
  parameters: fc.Arbitrary<P>,
  toSend: (model: Model, parameters: P) => Sent,
): fc.WeightedArbitrary<Command> {
  const arbitrary = fc.tuple(parameters, maybe, maybe).map(([given, asForm, hasKey]) => ({
    name,
    asForm,
    hasKey,
    toSend: (model: Model) => toSend(model, given),
    [fc.toStringMethod]: () => `${name} ${JSON.stringify({ ...given, asForm, hasKey })}`,
  }));
  return { weight, arbitrary };
}
