import { ACTORS, type ActorName, type Scene } from './scene.js';

/** A status, with the message of a refusal, or with whether a list has anything. */
export type Expected = string;

/** One route, how it is tried, and what each actor gets. */
export interface Row {
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As the table shows it. */
  readonly route: string;
  /** The field that makes this a variant of the route, as the table shows it. */
  readonly with?: string;
  /** Whether the answer is a list that some find empty. */
  readonly isList?: boolean;
  readonly path: (scene: Scene) => string;
  readonly body?: (scene: Scene) => object;
  readonly expected: Readonly<Record<ActorName, Expected>>;
}

const NO_KEY: readonly ActorName[] = [
  'no token',
  'bad scheme',
  'unknown key',
  'expired key',
  'revoked key',
  'deactivated medic',
];
const INVALID = '401 Invalid Token';
export const UNAUTHORIZED = '401 Unauthorized Medic';
export const HIDDEN = '404 Not found';
export const CANNOT_ASSIGN = '400 You do not have sufficient permissions to assign this hospital: {hospital}';
export const SOME = '200, some';
export const NONE = '200, none';

type Some = Partial<Record<ActorName, Expected>>;

/** @returns what each actor gets: a good key is needed, and those with one get `others` unless `some` says more */
export function keyNeeded(others: Expected, some: Some = {}): Row['expected'] {
  const of = (actor: ActorName) => {
    if (actor === 'service account') return UNAUTHORIZED;
    return some[actor] ?? (NO_KEY.includes(actor) ? INVALID : others);
  };
  return Object.fromEntries(ACTORS.map((actor) => [actor, of(actor)])) as Row['expected'];
}

/** @returns that all of them get the same */
export function everybody(expected: Expected): Row['expected'] {
  return Object.fromEntries(ACTORS.map((actor) => [actor, expected])) as Row['expected'];
}

/** @returns that everybody with a good key gets the same */
export function anyMedic(status: Expected): Row['expected'] {
  return keyNeeded(status);
}

export const own = "the membership's own medic";
export const creator = 'creator of the medic';

/** @returns what those who belong to the hospital get */
export function members(status: Expected): Some {
  return { MEMBER: status, ADMIN: status, [own]: status };
}
