import { ServiceAccounts } from '../../../src/auth/service-accounts.js';
import { givenService, type ServiceActor } from '../../support/services.js';
import { SERVICE_NOT_REVOKED, SERVICE_ROTATED_UNREVOKED } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

interleavings('Concurrent changes of a service account', (interleave, service) => {
  const given = () => givenService(service);
  const stopped = () => [atWrite('UPDATE', 'service_account')];
  const accounts = () => service.app.get(ServiceAccounts);
  const use = async (account: ServiceActor) => (await account.introspect('x', { concurrent: true })).status;

  /** @returns 'done', or the name of the refusal */
  const outcomeOf = (change: Promise<unknown>): Promise<string> =>
    change.then(
      () => 'done',
      (error: unknown) => (error as Error).constructor.name,
    );
  const revoke = ({ name }: ServiceActor) => outcomeOf(accounts().revoke(name));
  const rotate = ({ name }: ServiceActor) => outcomeOf(accounts().rotate(name, 3600));

  interleave('a key that is used while its account is revoked does not work afterwards', {
    given,
    stopped,
    requests: (account) => [() => revoke(account), async () => String(await use(account))],
    outcome: async (account, answers) => ({ answers, afterwards: await use(account) }),
    guarded: { answers: ['done', '200'], afterwards: 401 },
    withoutGuard: { guard: SERVICE_NOT_REVOKED, breaks: { answers: ['done', '200'], afterwards: 200 } },
  });

  interleave('a rotation that was started during a revocation issues no key', {
    given,
    stopped,
    requests: (account) => [() => revoke(account), () => rotate(account)],
    outcome: async (account, answers) => ({ answers, afterwards: await use(account) }),
    guarded: { answers: ['done', 'ServiceIsRevoked'], afterwards: 401 },
    withoutGuard: { guard: SERVICE_ROTATED_UNREVOKED, breaks: { answers: ['done', 'done'], afterwards: 401 } },
  });

  interleave('a revocation that was started during a rotation revokes the new key too', {
    given,
    stopped,
    requests: (account) => [() => rotate(account), () => revoke(account)],
    outcome: async (account, answers) => ({ answers, afterwards: await use(account) }),
    guarded: { answers: ['done', 'done'], afterwards: 401 },
    withoutGuard: { guard: SERVICE_NOT_REVOKED, breaks: { answers: ['done', 'done'], afterwards: 200 } },
  });

  interleave('of two creations with one name at once, one is refused', {
    given: () => Promise.resolve(`once-${String(Date.now())}`),
    stopped: () => [atWrite('INSERT', 'service_account')],
    requests: (name) => [1, 2].map(() => () => outcomeOf(accounts().create({ name, scopes: ['event:read'] }))),
    outcome: (_, answers) => Promise.resolve(answers.sort()),
    guarded: ['ServiceNameTaken', 'done'],
    withoutGuard: [],
  });
});
