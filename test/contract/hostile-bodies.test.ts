import { FORMS, LARGE_JSON, REFUSED_JSON, UPLOADS, type HostileBody } from '../support/hostile-bodies.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns the name and status of each request that was accepted; their cost is measured in test/faults */
async function accepted(path: string, requests: Record<string, HostileBody>): Promise<string[]> {
  const { token } = await service.given.medic();
  const found: string[] = [];
  for (const [name, { type, body }] of Object.entries(requests)) {
    const headers = { 'content-type': type, authorization: `Token ${token}` };
    const { status } = await fetch(`${service.client.url}/api/v2${path}`, { method: 'POST', headers, body });
    if (![400, 413].includes(status)) found.push(`${name}: ${String(status)}`);
  }
  return found;
}

test.each([
  ['JSON beyond a limit', '/token-auth/', REFUSED_JSON],
  ['JSON of the largest allowed size', '/token-auth/', LARGE_JSON],
  ['a form', '/token-auth/', FORMS],
  ['an upload', '/hospital/', UPLOADS],
])('%s that is expensive to read is rejected as invalid', async (_, path, requests) => {
  expect(await accepted(path, requests)).toEqual([]);
});
