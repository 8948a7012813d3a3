import fc from 'fast-check';
import type { Expected } from './expected.js';
import type { Model } from './model.js';
import type { Query } from './reads.js';
import type { ModelHospital, ModelMedic } from './world.js';

/** A request that a command stands for, in the state that it finds. */
export interface Sent {
  readonly by: ModelMedic;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Does it in the model. @throws Refused */
  readonly expect: () => Expected;
}

/** An operation whose actor and targets are picked from those that there are when its turn comes. */
export interface Command {
  readonly name: string;
  /** Whether the body is sent as a form, where a form can say it. */
  readonly asForm: boolean;
  readonly toSend: (model: Model) => Sent;
}

/** Which of several; {@link NOBODY} is one that does not exist. */
export type Pick = number;
export const NOBODY = 12;
export const NO_ID = 4711;

/** Who sends a request: one of those who are entitled to, or anybody. */
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

/** A record of which any field may be absent. */
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
 * @param weight how often it comes, beside the others
 * @param toSend the request, with the parameters that were drawn for it
 */
export function command<P extends object>(
  name: string,
  weight: number,
  parameters: fc.Arbitrary<P>,
  toSend: (model: Model, parameters: P) => Sent,
): fc.WeightedArbitrary<Command> {
  const arbitrary = fc.tuple(parameters, maybe).map(([given, asForm]) => ({
    name,
    asForm,
    toSend: (model: Model) => toSend(model, given),
    [fc.toStringMethod]: () => `${name} ${JSON.stringify({ ...given, asForm })}`,
  }));
  return { weight, arbitrary };
}
