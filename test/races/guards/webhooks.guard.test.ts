import { WebhookLeases, type Claimed } from '../../../src/record/webhooks/leases.js';
import { SigningKeys } from '../../../src/record/evidence/signing-keys.js';
import { WebhookSecrets } from '../../../src/record/webhooks/secrets.js';
import { Webhooks } from '../../../src/record/webhooks/webhooks.js';
import { all, WEBHOOK_LEASE_FREE, WEBHOOK_LEASE_HELD, WEBHOOK_SKIPPED } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

interleavings('Concurrent work on a webhook', (interleave, service) => {
  const stopped = () => [atWrite('UPDATE', 'webhook')];
  /** Another process each time. */
  const leases = () => new WebhookLeases(service.dataSource);
  const webhooks = () => new Webhooks(service.dataSource, new WebhookSecrets(SigningKeys.none));

  /** A webhook with an entry to deliver. */
  const given = async () => {
    for (const { name } of await webhooks().list()) await webhooks().remove(name);
    await service.given.emptyHospital();
    await webhooks().add({ name: 'hook', url: 'https://example.org/', after: 0 });
  };
  const claim = async () => String((await leases().claim(10)).length);

  /** A webhook whose lease has run out before its holder stored the delivery. */
  const givenOverdue = async (): Promise<Claimed> => {
    await given();
    const [claimed] = await leases().claim(10);
    if (claimed === undefined) throw new Error('There is nothing to claim.');
    await service.dataSource.query('UPDATE webhook SET leased_until = clock_timestamp()');
    return claimed;
  };
  const deliver = async ({ lease }: Claimed) =>
    (await leases().delivered(lease, 0, 1)) === undefined ? 'lost' : 'stored';
  const positions = async () => (await webhooks().list()).map(({ position }) => position);

  interleave('a process whose lease passes to another one while it stores a delivery moves nothing', {
    given: givenOverdue,
    stopped,
    requests: (overdue) => [claim, () => deliver(overdue)],
    outcome: async (_, answers) => ({ answers, positions: await positions() }),
    guarded: { answers: ['1', 'lost'], positions: [0] },
    withoutGuard: { guard: WEBHOOK_LEASE_HELD, breaks: { answers: ['1', 'stored'], positions: [1] } },
  });

  interleave('a process that stores a delivery while another one claims its webhook keeps it', {
    given: givenOverdue,
    stopped,
    requests: (overdue) => [() => deliver(overdue), claim],
    outcome: async (_, answers) => ({ answers, positions: await positions() }),
    guarded: { answers: ['stored', '0'], positions: [1] },
    withoutGuard: [],
  });

  interleave('of two processes that claim a webhook at once one gets it', {
    given,
    stopped,
    requests: () => [claim, claim],
    outcome: (_, answers) => Promise.resolve(answers.sort()),
    guarded: ['0', '1'],
    withoutGuard: { guard: all(WEBHOOK_LEASE_FREE, WEBHOOK_SKIPPED), breaks: ['1', '1'] },
    spare: [WEBHOOK_LEASE_FREE, WEBHOOK_SKIPPED],
  });
});
