import { useService } from '../support/service.js';

const open = useService();
const configured = useService({ PUBLIC_URL: 'https://memberships.example.org/api' });
const PATH = '//.well-known/authzen-configuration';

const endpointsAt = (base: string) => ({
  policy_decision_point: base,
  access_evaluation_endpoint: `${base}/access/v1/evaluation`,
  access_evaluations_endpoint: `${base}/access/v1/evaluations`,
  search_subject_endpoint: `${base}/access/v1/search/subject`,
  search_resource_endpoint: `${base}/access/v1/search/resource`,
  search_action_endpoint: `${base}/access/v1/search/action`,
});

test('the metadata name the endpoints at PUBLIC_URL, whatever the host of the request', async () => {
  const answer = (await configured.client.get(PATH)).is(200);
  expect(answer.json).toEqual(endpointsAt('https://memberships.example.org/api'));
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
});

test('without PUBLIC_URL the metadata name the host of the request, and no shared cache keeps them', async () => {
  const answer = (await open.client.get(PATH)).is(200);
  expect(answer.json).toEqual(endpointsAt(open.client.url));
  expect(answer.headers.get('cache-control')).toBe('private, max-age=300');
});

test('every endpoint of the metadata exists', async () => {
  const { policy_decision_point: base, ...endpoints } = (await open.client.get(PATH)).body<Record<string, string>>();
  for (const endpoint of Object.values(endpoints)) {
    const path = `/${endpoint.slice(String(base).length)}`;
    expect((await open.client.send('OPTIONS', path)).is(204).headers.get('allow')).toBe('OPTIONS, POST');
  }
});

test('the metadata need no key, and accept no other method', async () => {
  (await open.client.get(PATH, { headers: { authorization: 'Bearer x' } })).is(200);
  (await open.client.send('HEAD', PATH)).is(200);
  (await open.client.post(PATH, {})).is(405, { status: 405 });
});
