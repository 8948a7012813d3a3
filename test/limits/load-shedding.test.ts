import { useService } from '../support/service.js';

const service = useService({ RATE_LIMIT: '100000' });

test('while the process cannot keep up, requests are turned away with 503 and Retry-After, and let in again after', async () => {
  const statuses = new Set<number>();
  let refused: Response | undefined;
  for (let round = 0; round < 40 && refused === undefined; round += 1) {
    const end = Date.now() + 1500;
    while (Date.now() < end);
    const response = await fetch(`${service.client.url}/health/ready`);
    statuses.add(response.status);
    if (response.status === 503) refused = response;
    if (refused) expect((await fetch(`${service.client.url}/health/live`)).status).toBe(200);
  }
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect(await refused?.json()).toEqual({
    message: 'The service has too much to do at the moment; try again shortly.',
  });
  for (let round = 0; round < 100; round += 1) {
    if ((await fetch(`${service.client.url}/health/ready`)).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Requests are still turned away.');
});
