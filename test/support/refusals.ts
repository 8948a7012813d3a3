import { generateKey } from '../../src/auth/token-key.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import type { Actor } from './actor.js';
import type { Service } from './service.js';

/** A request that would be granted. */
export interface Granted {
  readonly actor: Actor;
  readonly path: string;
  readonly body?: unknown;
}

type Authorization = (service: Service, actor: Actor) => string | undefined | Promise<string>;

/** The ways in which a medic who has every right may come without a key that works. */
const BAD_KEYS: [string, Authorization][] = [
  ['no Authorization header', () => undefined],
  ['another scheme', (_, { token }) => `Bearer ${token}`],
  ['the bare key', (_, { token }) => token],
  ['an unknown key', () => `Token ${generateKey()}`],
  ['an expired key', async ({ given }, { id }) => `Token ${await given.token(id, new Date(0))}`],
  [
    'a revoked key',
    async ({ dataSource }, { id, token }) => {
      await new TokensService(dataSource).revoke(id, undefined);
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
 * Tests that an endpoint lets nobody in without a key that works.
 * @param grant makes a request that would be granted with the actor's key
 */
export function refusesBadKeys(service: Service, method: string, grant: () => Promise<Granted>): void {
  test.each(BAD_KEYS)('%s is an Invalid Token', async (_, authorizationOf) => {
    const { actor, path, body } = await grant();
    const authorization = await authorizationOf(service, actor);
    const headers = authorization === undefined ? {} : { headers: { authorization } };
    (await service.client.send(method, path, { body, ...headers })).isRefused('Invalid Token');
  });
}

/** Ids that no row can have, and one that none has. */
export const NO_IDS = ['0', '-1', '1.5', 'x', '2147483648', '99999999999999999999', '2147483647'];

/** Values of `limit` and `offset` that are refused, by the name of the parameter. */
export const BAD_SLICES: [string, string][] = [
  ['limit', '0'],
  ['limit', '-1'],
  ['limit', '1.5'],
  ['limit', 'many'],
  ['offset', '-1'],
  ['offset', 'x'],
];

/** @returns what a 400 says to whom a hospital, or the right there, is not theirs to assign */
export function cannotAssign(hospital: number): { message: string } {
  return { message: `You do not have sufficient permissions to assign this hospital: ${String(hospital)}` };
}
