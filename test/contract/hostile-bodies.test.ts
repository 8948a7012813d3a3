import { FORMS, LARGE_JSON, REFUSED_JSON, UPLOADS, type HostileBody } from '../support/hostile-bodies.js';
import { useService } from '../support/service.js';

const service = useService();

describe('expensive bodies', () => {
  /** Upper bound for the processor time of one request, in milliseconds, client included; about five times the usual. */
  const MOST = 400;

  /** @returns the name of each request that was accepted or too expensive */
  async function failures(path: string, requests: Record<string, HostileBody>): Promise<string[]> {
    const { token } = await service.given.medic();
    const found: string[] = [];
    for (const [name, { type, body }] of Object.entries(requests)) {
      let [status, cost] = [0, Number.POSITIVE_INFINITY];
      // A collection of everything that earlier files left in this process may fall into one try.
      for (let attempt = 0; attempt < 3 && cost > MOST; attempt += 1) {
        const before = process.cpuUsage();
        const headers = { 'content-type': type, authorization: `Token ${token}` };
        ({ status } = await fetch(`${service.client.url}/api/v2${path}`, { method: 'POST', headers, body }));
        const { user, system } = process.cpuUsage(before);
        cost = Math.min(cost, Math.round((user + system) / 1000));
      }
      if (![400, 413].includes(status) || cost > MOST) found.push(`${name}: ${String(status)}, ${String(cost)} ms`);
    }
    return found;
  }

  test.each([
    ['JSON that is refused', '/token-auth/', REFUSED_JSON],
    ['JSON of the largest allowed size', '/token-auth/', LARGE_JSON],
    ['a form', '/token-auth/', FORMS],
    ['an upload', '/hospital/', UPLOADS],
  ])('%s costs little processor time, whatever it contains', async (_, path, requests) => {
    expect(await failures(path, requests)).toEqual([]);
  });
});
