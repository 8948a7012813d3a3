import { generateKey } from '../../src/auth/token-key.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import { OPERATOR } from '../../src/database/actor.js';
import type { Actor } from './actor.js';
import type { Service } from './service.js';

/** A request that succeeds. */
export interface Granted {
  readonly actor: Actor;
  readonly path: string;
  readonly body?: unknown;
}

type Authorization = (service: Service, actor: Actor) => string | undefined | Promise<string>;

/** Every way of sending a request with full rights but without a valid key. */
const BAD_KEYS: [string, Authorization][] = [
  ['no Authorization header', () => undefined],
  ['another scheme', (_, { token }) => `Bearer ${token}`],
  ['the bare key', (_, { token }) => token],
  ['an unknown key', () => `Token ${generateKey()}`],
  ['an expired key', async ({ given }, { id }) => `Token ${await given.token(id, new Date(0))}`],
  [
    'a revoked key',
    async ({ dataSource }, { id, token }) => {
      await new TokensService(dataSource).revoke(OPERATOR, id, undefined);
      return `Token ${token}`;
    },
  ],
  [
    'the key of a deactivated medic',
    async (_, actor) => {
      (await actor.patch(`/medics/${String(actor.id)}`, { is_active: false })).is(202);
      return `Token ${actor.token}`;
    },
  ],
];

/**
 * Tests that an endpoint rejects every request without a valid key.
 * @param grant makes a request that succeeds with the actor's key
 */
export function refusesBadKeys(service: Service, method: string, grant: () => Promise<Granted>): void {
  test.each(BAD_KEYS)('%s is rejected with Invalid Token', async (_, authorizationOf) => {
    const { actor, path, body } = await grant();
    const authorization = await authorizationOf(service, actor);
    const headers = authorization === undefined ? {} : { headers: { authorization } };
    (await service.client.send(method, path, { body, ...headers })).isRefused('Invalid Token');
  });
}

/** Ids that no row can have, and finally one that no row has. */
export const NO_IDS = ['0', '-1', '1.5', 'x', '2147483648', '99999999999999999999', '2147483647'];

/** Invalid values of `limit` and `offset`, by parameter. */
export const BAD_SLICES: [string, string][] = [
  ['limit', '0'],
  ['limit', '-1'],
  ['limit', '1.5'],
  ['limit', 'many'],
  ['offset', '-1'],
  ['offset', 'x'],
];

/** @returns the body of the 400 for a hospital, or a right there, that the caller may not assign */
export function cannotAssign(hospital: number): { message: string } {
  return { message: `You do not have sufficient permissions to assign this hospital: ${String(hospital)}` };
}
