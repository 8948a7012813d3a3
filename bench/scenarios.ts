import type { Scene } from './scene.js';

/** A request that is repeated against each server. */
export interface Scenario {
  readonly name: string;
  /** Target ratio of the service's requests per second to the floor's. */
  readonly target: number;
  readonly isWrite: boolean;
  /**
   * Body of a Lua function that gets `n`, a counter that never repeats within one database, and returns
   * method, path, token and body.
   */
  readonly lua: (scene: Scene) => string;
}

const API = '/api/v2';

/** The measured endpoints: those that decide who may do what, and those that change it. */
export const SCENARIOS: readonly Scenario[] = [
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
