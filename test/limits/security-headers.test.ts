import { useService } from '../support/service.js';

const service = useService();

test.each(['/api/v2/locations', '/docs', '/openapi.json', '/health/live', '/nowhere'])(
  'the response of %s has the security headers',
  async (path) => {
    const { headers } = await fetch(`${service.client.url}${path}`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
    expect(headers.get('x-powered-by')).toBeNull();
  },
);
