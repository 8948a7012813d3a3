import { hashPassword } from '../../../src/auth/password.js';
import { TokensService } from '../../../src/auth/tokens.service.js';
import { OPERATOR } from '../../../src/database/actor.js';
import { OperatorMedics } from '../../../src/medics/operator-medics.js';
import type { Actor } from '../../support/actor.js';
import {
  CLOCK_AFTER_LOCK,
  LIVE_WHEN_ROTATED,
  LIVE_WHEN_USED,
  LOGIN_ACTIVE,
  MEDIC_LOCK,
  PASSWORD_VERIFIED,
} from './guards.js';
import { afterUpdate, atRow, atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };
const PASSWORD = 'correct horse battery staple';
const MOST = 20;

const rotate = async (medic: Actor, grace: number) =>
  (await medic.post(`/token-auth/rotate/?grace=${String(grace)}`, undefined, AT_ONCE)).status;

/** A medic with a password, and the account that created it. */
interface Account {
  readonly creator: Actor;
  readonly medic: Actor;
}

interleavings("Concurrent changes of a medic's keys", (interleave, service) => {
  async function countLive({ id }: Actor): Promise<number> {
    const [{ count }] = await service.dataSource.query<[{ count: number }]>(
      `SELECT count(*)::integer AS count FROM api_token
       WHERE medic_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
      [id],
    );
    return count;
  }

  const given = () => service.given.medic();
  const outcome = async (medic: Actor, statuses: number[]) => ({ statuses, live: await countLive(medic) });
  const stopped = () => [atWrite('INSERT', 'api_token')];

  /** Revokes all keys of a medic, as the operator does. */
  const revokeAll = async ({ id }: Actor) => {
    await new TokensService(service.dataSource).revoke(OPERATOR, id, undefined);
    return 204;
  };

  interleave('a key has one successor if it is rotated twice at once', {
    given,
    outcome,
    stopped,
    requests: (medic) => [() => rotate(medic, 0), () => rotate(medic, 0)],
    guarded: { statuses: [200, 401], live: 1 },
    withoutGuard: [
      { guard: MEDIC_LOCK, breaks: { statuses: [200, 200], live: 2 } },
      // The second successor is never live, because it ends when the old key ended.
      { guard: LIVE_WHEN_ROTATED, breaks: { statuses: [200, 200], live: 1 } },
    ],
  });

  // As the service does without grace. Two requests get their locks in the other order only by chance.
  const ROTATED = 'UPDATE api_token SET expires_at = statement_timestamp() WHERE medic_id = $1';

  interleave('a key has no second successor by a rotation that began before the first one and got its lock later', {
    given,
    stopped: ({ id }) => [atRow('medic', id)],
    requests: (medic, other) => [
      () => rotate(medic, 0),
      async () => {
        await other.query(ROTATED, [medic.id]);
        return 200;
      },
    ],
    outcome: (_, statuses) => Promise.resolve(statuses),
    guarded: [401, 200],
    withoutGuard: { guard: CLOCK_AFTER_LOCK, breaks: [200, 200] },
  });

  interleave('a key that is used during its rotation does not work afterwards', {
    given,
    stopped,
    requests: (medic) => [() => rotate(medic, 0), async () => (await medic.get('/locations/')).status],
    outcome: async (medic, statuses) => ({ statuses, afterwards: (await medic.get('/locations/')).status }),
    guarded: { statuses: [200, 200], afterwards: 401 },
    withoutGuard: { guard: LIVE_WHEN_USED, breaks: { statuses: [200, 200], afterwards: 200 } },
  });

  interleave('the operator revokes all keys, even during a rotation', {
    given,
    outcome,
    stopped,
    requests: (medic) => [() => rotate(medic, 0), () => revokeAll(medic)],
    guarded: { statuses: [200, 204], live: 0 },
    withoutGuard: { guard: MEDIC_LOCK, breaks: { statuses: [200, 204], live: 1 } },
  });

  interleave('the operator revokes all keys, even if a rotation starts during the revocation', {
    given,
    outcome,
    stopped: () => [atWrite('UPDATE', 'api_token')],
    requests: (medic) => [() => revokeAll(medic), () => rotate(medic, 3600)],
    guarded: { statuses: [204, 401], live: 0 },
    withoutGuard: { guard: MEDIC_LOCK, breaks: { statuses: [204, 200], live: 1 } },
  });

  const login = async ({ email }: Actor) =>
    (await service.client.post('/token-auth/', { email, password: PASSWORD }, AT_ONCE)).status;

  /** Replaces a medic's password, as the operator does. */
  const replacePassword = async ({ medic }: Account) => {
    const medics = new OperatorMedics(service.dataSource);
    await medics.setPassword(medic.email, { password: 'another long password' });
    return 202;
  };

  const deactivate = async ({ creator, medic }: Account) =>
    (await creator.patch(`/medics/${String(medic.id)}`, { is_active: false }, AT_ONCE)).status;

  // The later log-in replaces the log-in key of the earlier one; it cannot replace the key of a rotation.
  for (const [name, further, later] of [
    ['by two logins', login, 200],
    ['by a login and a rotation that keeps the old key', (medic: Actor) => rotate(medic, 3600), 409],
  ] as const)
    interleave(`a medic has at most ${String(MOST)} keys if the last one is issued ${name} at once`, {
      given: async () => {
        const medic = await service.given.medic({ passwordHash: await hashPassword(PASSWORD) });
        for (let live = await countLive(medic); live < MOST - 1; live += 1) await service.given.token(medic.id);
        return medic;
      },
      outcome,
      stopped,
      requests: (medic) => [() => further(medic), () => login(medic)],
      guarded: { statuses: [200, later], live: MOST },
      withoutGuard: { guard: MEDIC_LOCK, breaks: { statuses: [200, 200], live: MOST + 1 } },
    });

  const givenPassword = async () => {
    const creator = await service.given.medic();
    const passwordHash = await hashPassword(PASSWORD);
    const medic = await service.given.medic({ passwordHash, createdById: creator.id });
    return { creator, medic };
  };

  for (const [name, close, guard] of [
    ['the password is replaced', replacePassword, PASSWORD_VERIFIED],
    ['the account is deactivated', deactivate, LOGIN_ACTIVE],
  ] as const)
    interleave(`a log-in issues no key if ${name} after the password was verified`, {
      given: givenPassword,
      // The log-in reads the account as it was before, and then waits for the row.
      stopped: () => [afterUpdate('medic')],
      requests: (scene) => [() => close(scene), () => login(scene.medic)],
      outcome: ({ medic }, statuses) => outcome(medic, statuses),
      guarded: { statuses: [202, 400], live: 1 },
      withoutGuard: [
        { guard, breaks: { statuses: [202, 200], live: 2 } },
        { guard: MEDIC_LOCK, breaks: { statuses: [202, 200], live: 2 } },
      ],
    });
});
