import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { medicBody } from '../../support/bodies.js';
import { EMAIL_UNIQUE } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** Two medics who want the same email. */
interface Scene {
  readonly one: Actor;
  readonly two: Actor;
  readonly email: string;
}

interleavings('An email belongs to at most one medic', (interleave, service) => {
  async function given(): Promise<Scene> {
    return { one: await service.given.medic(), two: await service.given.medic(), email: medicBody().email };
  }

  async function outcome({ email }: Scene, answers: CheckedResponse[]) {
    const owners = await service.dataSource.query<unknown[]>('SELECT FROM medic WHERE lower(email) = lower($1)', [
      email,
    ]);
    answers.filter(({ status }) => status >= 300).forEach((answer) => answer.isInvalid('email'));
    return { granted: answers.filter(({ status }) => status < 300).length, owners: owners.length };
  }

  const create = (by: Actor, email: string) => by.post('/medics/', medicBody({ email }), AT_ONCE);
  const change = (medic: Actor, email: string) => medic.patch(`/medics/${String(medic.id)}`, { email }, AT_ONCE);

  const common = {
    given,
    outcome,
    stopped: () => [atWrite('INSERT', 'medic'), atWrite('UPDATE', 'medic')],
    guarded: { granted: 1, owners: 1 },
    withoutGuard: { guard: EMAIL_UNIQUE, breaks: { granted: 2, owners: 2 } },
  };

  interleave('one medic gets an email if two are created with it at once', {
    ...common,
    requests: ({ one, two, email }) => [() => create(one, email), () => create(two, email)],
  });

  interleave('one medic gets an email if two are created at once in different letter cases', {
    ...common,
    requests: ({ one, two, email }) => [() => create(one, email), () => create(two, email.toUpperCase())],
  });

  interleave('one medic gets an email if two change theirs to it at once', {
    ...common,
    requests: ({ one, two, email }) => [() => change(one, email), () => change(two, email.toUpperCase())],
  });

  interleave('one medic gets an email if one is created with it while another changes to it', {
    ...common,
    requests: ({ one, two, email }) => [() => create(one, email), () => change(two, email)],
  });
});
