import { paste, stepsOf, withoutChance } from '../support/readme.js';
import { useService } from '../support/service.js';

const service = useService();

test('each command of README, pasted on a new database, answers what stands beneath it', async () => {
  const first = await service.given.medic({ name: 'First Medic', email: 'first.medic@example.org' });
  const steps = stepsOf('README.md');
  const printed = await paste(steps, service.client.url, first.token);
  expect(steps.length).toBeGreaterThan(15);
  steps.forEach(({ command, answer }, index) => {
    if (answer === undefined) return;
    expect({ command, answer: withoutChance(printed[index] ?? '') }).toEqual({
      command,
      answer: withoutChance(answer),
    });
  });
});
