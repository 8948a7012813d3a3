import type { Actor } from '../support/actor.js';
import { useService } from '../support/service.js';

/** Sends so many requests, all of which are let in. */
async function use(medic: Actor, requests: number): Promise<void> {
  for (let sent = 0; sent < requests; sent += 1) (await medic.get('/locations/')).isOk();
}

describe('where RATE_LIMIT is 5', () => {
  const service = useService({ RATE_LIMIT: '5' });

  test('the sixth request of a token within a minute is told when to come again', async () => {
    const medic = await service.given.medic();
    await use(medic, 5);
    const answer = (await medic.get('/locations/')).isError(429, /^Too many requests; try again in \d+ s\.$/);
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(Number.isInteger(seconds)).toBe(true);
  });

  test('no other token is affected, not even one of the same medic', async () => {
    const [medic, other] = [await service.given.medic(), await service.given.medic()];
    await use(medic, 5);
    (await medic.get('/locations/')).isError(429);
    await use(other, 5);
    (await medic.get('/locations/', { token: await service.given.token(medic.id) })).isOk();
  });

  test('a token is the same however its scheme is spelled', async () => {
    const { token } = await service.given.medic();
    const send = (scheme: string) =>
      service.client.get('/locations/', { headers: { authorization: `${scheme}${token}` } });
    for (const scheme of ['Token ', 'token ', 'TOKEN ', 'Token  ', 'tOKEN   ']) (await send(scheme)).isOk();
    (await send('ToKeN ')).isError(429);
  });

  test('every method and every path counts, refused requests too', async () => {
    const medic = await service.given.medic();
    (await medic.get('/medics/')).isOk();
    (await medic.get('/medics/0')).isNotFound();
    (await medic.post('/hospital/', {})).is(400);
    (await medic.send('HEAD', '/medics/')).isOk();
    (await medic.patch('/hospital/1')).isNotFound();
    (await medic.post('/hospital/', {})).isError(429);
  });

  test('the document, its page and health are not limited', async () => {
    for (const path of ['/openapi.json', '/docs', '/health/live', '/health/ready']) {
      for (let sent = 0; sent < 7; sent += 1) expect((await fetch(service.client.url + path)).status).toBe(200);
    }
  });

  test('without a token the address is limited', async () => {
    for (let sent = 0; sent < 5; sent += 1) (await service.client.get('/medics/')).isRefused('Invalid Token');
    (await service.client.get('/medics/')).isError(429);
  });
});

describe('where RATE_LIMIT is 0', () => {
  const service = useService({ RATE_LIMIT: '0' });

  test('there is no limit', async () => {
    const medic = await service.given.medic();
    await use(medic, 50);
    const { headers } = await medic.get('/locations/');
    expect([...headers.keys()].filter((name) => /rate-?limit/i.test(name))).toEqual([]);
  });
});
