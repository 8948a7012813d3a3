import { randomUUID } from 'node:crypto';
import { useService } from '../support/service.js';
import { create, CREATIONS, isReplayed } from './writes.js';

const service = useService();

const REQUESTS = 24;

describe.each(CREATIONS)('%s', (name, given) => {
  test(`of 24 identical ${name} at once one is carried out; the others replay it or are a 409`, async () => {
    const creation = await given(service);
    const { status = 201 } = creation;
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, () => create(creation, key, { concurrent: true })),
    );
    const done = answers.filter((answer) => answer.status === status && !isReplayed(answer));
    expect(done).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 409) answer.isConflict(/still running/);
      else expect([answer.status, answer.text]).toEqual([status, done[0]?.text]);
    }
    const again = await create(creation, key);
    expect([again.text, isReplayed(again)]).toEqual([done[0]?.text, true]);
  });
});
