import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';

const service = useService();

describe('public pages', () => {
  test.each(['/docs', '/docs/'])('the page %s and all its resources are served by this process', async (path) => {
    const page = await fetch(service.client.url + path);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    const html = await page.text();
    const references = [...html.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThan(3);
    for (const reference of references) {
      const url = new URL(reference, page.url);
      expect(url.origin).toBe(service.client.url);
      const asset = await fetch(url);
      expect([reference, asset.status]).toEqual([reference, 200]);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
    expect(html).toContain('Hospital Memberships');
  });

  test.each([
    '/docs/nothing',
    '/docs/../x',
    '/docs/%2e%2e/x',
    '/docs/.',
    '/docs//swagger-ui.css',
    '/docs/%00',
    '/docs/%5c..%5cx',
  ])('there is nothing at %s', async (path) => {
    (await sendRaw(service.client.url, rawRequest(`GET ${path}`, {}))).isNotFound();
  });

  test('the page /docs has an Authorize button for the scheme Token', async () => {
    const script = await (await fetch(`${service.client.url}/docs/swagger-ui-init.js`)).text();
    expect(script).toContain('"securitySchemes"');
    expect(script).toContain('"name": "Authorization"');
  });

  test.each(['/openapi.json', '/health/live', '/health/ready', '/version'])(
    '%s returns JSON without a token',
    async (path) => {
      const response = await fetch(service.client.url + path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    },
  );

  test('the OpenAPI document has an ETag, and is a 304 for a client that already has it', async () => {
    const first = await fetch(`${service.client.url}/openapi.json`);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const ask = (known: string) => fetch(`${service.client.url}/openapi.json`, { headers: { 'if-none-match': known } });
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await ask(known);
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await ask('"x"')).status).toBe(200);
  });
});

test.each(['/nothing', '/health', '/health/nothing', '/docsx', '/versions', '/metrics'])(
  'an unknown path of no standard, %s, is a 404 in the format of the API',
  async (path) => {
    (await service.client.get(`/${path}`)).isNotFound();
  },
);

test.each(['/health/live', '/health/ready', '/docs', '/openapi.json'])(
  '%s accepts no other method, and says so in the format of the API',
  async (path) => {
    const answer = (await service.client.send('PUT', `/${path}`)).isError(405, /PUT/);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('allow')).toContain('GET');
  },
);
