import { isLive, type ModelHospital, type ModelMedic, type ModelMembership } from './world.js';

type State = Pick<ModelMembership, 'type' | 'isActive' | 'isDeleted' | 'from' | 'until'>;

/** The state of the model at an instant. */
export interface Moment {
  readonly at: string;
  readonly states: ReadonlyMap<ModelMembership, State>;
  /** The accounts and hospitals that were active. */
  readonly active: ReadonlySet<ModelMedic | ModelHospital>;
}

export const ACTIONS = ['prescribe', 'administer'] as const;

export interface Question {
  readonly medic: ModelMedic;
  readonly hospital: ModelHospital;
  readonly name: (typeof ACTIONS)[number];
}

/** @returns whether the model granted the action at the moment */
export function isGranted({ states, active }: Moment, { medic, hospital, name }: Question): boolean {
  const [, state] =
    [...states].find(([each, of]) => each.medic === medic && each.hospital === hospital && isLive(of)) ?? [];
  if (state === undefined || !active.has(medic)) return false;
  return name === 'prescribe' ? active.has(hospital) : state.type === 'ADMIN';
}
