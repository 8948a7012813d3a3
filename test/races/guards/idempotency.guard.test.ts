import { HOSPITAL } from '../../support/bodies.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { all, IDEMPOTENCY_LOCK, ONE_RESPONSE_PER_KEY } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const OPTIONS = { concurrent: true, headers: { 'idempotency-key': 'order-17' } };

interleavings('A request with an Idempotency-Key is carried out once', (interleave, service) => {
  const create = (medic: Actor) => () => medic.post('/hospital/', HOSPITAL, OPTIONS);

  async function outcome(medic: Actor, answers: CheckedResponse[]) {
    const hospitals = await service.dataSource.query<unknown[]>('SELECT FROM membership WHERE medic_id = $1', [
      medic.id,
    ]);
    const stored = await service.dataSource.query<unknown[]>('SELECT FROM idempotent_response WHERE medic_id = $1', [
      medic.id,
    ]);
    const [first, again] = [answers[0], await create(medic)()];
    return {
      statuses: answers.map(({ status }) => status),
      hospitals: hospitals.length,
      stored: stored.length,
      isReplayed: again.headers.get('idempotent-replayed') === 'true' && again.text === first?.text,
    };
  }

  interleave('of two identical requests at once, one is carried out and the other is a 409', {
    given: () => service.given.medic(),
    stopped: () => [atWrite('INSERT', 'membership')],
    requests: (medic) => [create(medic), create(medic)],
    outcome,
    guarded: { statuses: [201, 409], hospitals: 1, stored: 1, isReplayed: true },
    withoutGuard: {
      guard: all(IDEMPOTENCY_LOCK, ONE_RESPONSE_PER_KEY),
      breaks: { statuses: [201, 201], hospitals: 2, stored: 2, isReplayed: true },
    },
    spare: [IDEMPOTENCY_LOCK, ONE_RESPONSE_PER_KEY],
  });
});
