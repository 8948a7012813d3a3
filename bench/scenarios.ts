import { DECISION_SCENARIOS } from './decision-scenarios.js';
import type { Scene } from './scene.js';
import type { ServerName } from './servers.js';

/** A request that is repeated against each server. */
export interface Scenario {
  readonly name: string;
  /** Target ratio of the service's requests per second to the floor's. */
  readonly target: number;
  readonly isWrite: boolean;
  /** The servers that do not have the endpoint. */
  readonly without?: readonly ServerName[];
  /** Number of decisions in each response, if it has any. */
  readonly decisions?: number;
  /**
   * Body of a Lua function that gets `n`, a counter that never repeats within one database, and returns
   * method, path, the number of the caller (see {@link SERVICE}) and body.
   */
  readonly lua: (scene: Scene) => string;
  /** Lua that runs once before the load. */
  readonly prepare?: (scene: Scene) => string;
}

const API = '/api/v2';

/** Requests of medics. */
const MEMBERSHIPS: readonly Scenario[] = [
  {
    name: 'own memberships',
    target: 0.55,
    isWrite: false,
    lua: () => `return 'GET', '${API}/management/memberships/', token(n), nil`,
  },
  {
    name: 'a hospital of 50',
    target: 0.8,
    isWrite: false,
    lua: () => `return 'GET', '${API}/memberships/' .. readHospital(n), token(n), nil`,
  },
  {
    name: 'one membership',
    target: 0.55,
    isWrite: false,
    lua: () => `return 'GET', '${API}/management/memberships/' .. member(n), token(n), nil`,
  },
  {
    name: 'create',
    target: 0.7,
    isWrite: true,
    // Concurrent requests are about different medics.
    lua: ({ medics }) => `
      local medic = ${String(medics.first)} + (math.floor(n / actors) + n % actors * 2971) % ${String(medics.count)}
      local body = '{"medic": ' .. medic .. ', "hospital": ' .. writeHospital(n) .. ', "type_membership": "MEMBER"}'
      return 'POST', '${API}/management/memberships/', token(n), body`,
  },
  {
    name: 'change',
    target: 0.7,
    isWrite: true,
    lua: () => `
      local type = math.floor(n / members) % 2 == 0 and 'ADMIN' or 'MEMBER'
      return 'PATCH', '${API}/management/memberships/' .. member(n), token(n), '{"type_membership": "' .. type .. '"}'`,
  },
];

/** The measured endpoints: those that decide who may do what, and those that change it. */
export const SCENARIOS: readonly Scenario[] = [...MEMBERSHIPS, ...DECISION_SCENARIOS];

/** @returns the scenario with this name */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`There is no scenario ${name}.`);
  return found;
}
