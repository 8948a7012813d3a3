import { InvalidEnvironment, readEnvironment } from '../../src/config/environment.js';
import { sentenceOf } from '../../src/server/start-failure.js';

/** @returns the sentence for the operator */
function refusalOf(variables: Record<string, string>): string {
  try {
    readEnvironment(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEnvironment);
    return sentenceOf(error);
  }
  throw new Error(`Taken: ${JSON.stringify(variables)}`);
}

/** Endings of a URL that the WHATWG parser accepts. */
const UNREADABLE = ['h/a b', 'h/a ', 'h/a\r', 'h\n/a', 'h\t', 'h/a\\b', 'h/a\u0000', 'h/100%', 'h/%zz', 'h/%ff'];

describe('settings', () => {
  const defaults = {
    PORT: 3000,
    HOST: '0.0.0.0',
    DATABASE_URL: undefined,
    DATA_DIR: './data',
    PUBLIC_URL: undefined,
    TRUST_PROXY: false,
    CORS_ORIGINS: undefined,
    LOG_LEVEL: 'info',
  };

  test('an absent or empty setting has its default', () => {
    expect(readEnvironment({})).toMatchObject(defaults);
    const names = Object.keys(defaults).filter((name) => name !== 'DATABASE_URL');
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(readEnvironment(empty)).toEqual(readEnvironment({}));
    expect(readEnvironment({}).RATE_LIMIT).toBeGreaterThan(0);
  });

  test('an empty DATABASE_URL is refused, so that no lost variable leads to the embedded database', () => {
    expect(refusalOf({ DATABASE_URL: '' })).toMatch(
      /^The settings are not valid: DATABASE_URL must not be empty; .* embedded database\.$/,
    );
  });

  test('unknown variables are ignored', () => {
    expect(readEnvironment({ PATH: '/bin', PORTS: 'x' })).toEqual(readEnvironment({}));
  });

  test.each([
    ['PORT', '0', 0],
    ['PORT', '65535', 65535],
    ['METRICS_PORT', '0', 0],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://h:4318/base/', 'http://h:4318/base/'],
    ['OTEL_TRACES_SAMPLER_ARG', '0.05', 0.05],
    ['OTEL_TRACES_SAMPLER_ARG', '1', 1],
    ['METRICS_HOST', '127.0.0.1', '127.0.0.1'],
    ['HOST', '::1', '::1'],
    ['DATABASE_URL', 'postgres://u:p@h:5432/d', 'postgres://u:p@h:5432/d'],
    ['DATABASE_URL', 'postgresql://h/d?sslmode=verify-full', 'postgresql://h/d?sslmode=verify-full'],
    ['DATABASE_URL', 'postgresql://h/d?sslmode=no-verify', 'postgresql://h/d?sslmode=no-verify'],
    ['DATABASE_URL', 'postgresql://h/d?sslmode=require', 'postgresql://h/d?sslmode=verify-full'],
    ['DATABASE_URL', 'postgresql://h/d?sslmode=prefer&x=1', 'postgresql://h/d?sslmode=verify-full&x=1'],
    ['DATABASE_URL', 'postgresql://h/d?x=1&sslmode=verify-ca', 'postgresql://h/d?x=1&sslmode=verify-full'],
    [
      'DATABASE_URL',
      'postgresql://h/d?sslmode=require&uselibpqcompat=true',
      'postgresql://h/d?sslmode=require&uselibpqcompat=true',
    ],
    ['DATABASE_URL', 'postgres:///d?host=/var/run/postgresql', 'postgres:///d?host=/var/run/postgresql'],
    ['DATABASE_URL', 'postgres://u@/d?host=/run&port=5433', 'postgres://u@/d?host=/run&port=5433'],
    ['DATABASE_URL', 'postgres://%2Fvar%2Frun/d', 'postgres://%2Fvar%2Frun/d'],
    ['DATABASE_URL', 'postgres://u:a,b%25@[::1]:5432/d', 'postgres://u:a,b%25@[::1]:5432/d'],
    ['REDIS_URL', 'rediss://:p%40@h:6379/1', 'rediss://:p%40@h:6379/1'],
    ['DATA_DIR', '/var/lib/service', '/var/lib/service'],
    ['SIGNING_KEY_FILE', '/etc/keys.pem', '/etc/keys.pem'],
    ['WEBHOOK_NETWORKS', '10.1.0.0/16, fd00::/8,192.0.2.1', ['10.1.0.0/16', 'fd00::/8', '192.0.2.1']],
    ['WEBHOOK_CA_FILE', '/etc/ca.pem', '/etc/ca.pem'],
    ['PUBLIC_URL', 'https://example.org/base', 'https://example.org/base'],
    ['PUBLIC_URL', 'HTTPS://例え.example/', 'https://xn--r8jz45g.example'],
    ['PUBLIC_URL', 'https://example.org/<ñ>//', 'https://example.org/%3C%C3%B1%3E'],
    ['TRUST_PROXY', 'TRUE', true],
    ['TRUST_PROXY', 'false', false],
    ['TRUST_PROXY', '10.0.0.0/8, ::1,192.0.2.1', ['10.0.0.0/8', '::1', '192.0.2.1']],
    ['CORS_ORIGINS', 'https://a.example, http://localhost:5173', ['https://a.example', 'http://localhost:5173']],
    ['LOG_LEVEL', 'silent', 'silent'],
    ['WEB_CONCURRENCY', '1', 1],
    ['RATE_LIMIT', '0', 0],
    ['RATE_LIMIT', '120', 120],
    ['SERVICE_RATE_LIMIT', '0', 0],
    ['SERVICE_RATE_LIMIT', '99999999', 99_999_999],
  ])('the setting %s=%s is accepted', (name, text, value) => {
    expect(readEnvironment({ [name]: text })).toMatchObject({ [name]: value });
  });

  test.each([
    ['PORT', ['x', '-1', '65536', '3000.5', '3e3', ' ', '99999999999']],
    ['HOST', [' ']],
    [
      'DATABASE_URL',
      ['x', 'mysql://h/d', 'h:5432', 'http://h/d', ' ', ...UNREADABLE.map((end) => `postgres://${end}`)],
    ],
    [
      'DATABASE_URL',
      ['postgres://u:p/p@h/d', 'postgres://h:99999/d', 'postgres://h/d?port=0', 'postgres://h/d?port=x'],
    ],
    ['DATABASE_URL', ['postgres://h,i/d', 'postgres://u:p@h:5432,i:5432/d', 'postgres:///d?host=h,i']],
    ['DATA_DIR', [' ']],
    [
      'PUBLIC_URL',
      [
        ...['x', 'ftp://h', 'example.org', '//example.org', ' ', 'http://h/?a=1', 'http://h/#a', 'http://u@h/'],
        ...['https:h', 'https:\\\\h', ...UNREADABLE.map((end) => `https://${end}`)],
      ],
    ],
    ['LOGIN_TOKEN_TTL', ['0', '0h', '-1', 'x', '1w', '3651d', '99999999d']],
    ['WEB_CONCURRENCY', ['0', '65', '1.5', 'x']],
    ['DATABASE_REPLICA_URLS', ['postgres://h/d']],
    ['REDIS_URL', ['x', 'http://h', ...UNREADABLE.map((end) => `redis://${end}`)]],
    [
      'TRUST_PROXY',
      ['yes', '1', 'loopback', 'cafe', '10.0.0', '999.0.0.1', '10.0.0.0/33', '::/129', '10.0.0.1;::1', ','],
    ],
    ['WEBHOOK_NETWORKS', ['true', 'localhost', '10.0.0', '10.0.0.0/33', '0.0.0.0/0', 'fe80::1%eth0', ',']],
    ['WEBHOOK_CA_FILE', [' ']],
    ['CORS_ORIGINS', ['*', 'null', 'example.org', 'https://example.org/', 'https://a.example;https://b.example', ',']],
    ['LOG_LEVEL', ['INFO', 'loud', ' ']],
    ['METRICS_PORT', ['65536', '-1', 'x', ' ']],
    ['METRICS_HOST', [' ']],
    ['LOG_ADDRESS_KEY', ['short', ' ']],
    ['OTEL_TRACES_SAMPLER_ARG', ['-1', '2', '1.1', 'x', '.', '1e-3', '50%']],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      ['x', 'ftp://h', 'http://h/?a=1', 'http://u:p@h', ...UNREADABLE.map((end) => `http://${end}`)],
    ],
    ['RATE_LIMIT', ['x', '-1', '1.5', '1e3', ' ']],
  ])('an invalid %s is refused with a sentence that names it', (name, values) => {
    for (const value of values) {
      expect([value, refusalOf({ [name]: value })]).toEqual([
        value,
        expect.stringMatching(new RegExp(`^The settings are not valid: ${name} must [^\\n]+\\.$`)),
      ]);
    }
  });

  test('several processes are allowed with a PostgreSQL server, and not with the embedded database', () => {
    const variables = { WEB_CONCURRENCY: '64', DATABASE_URL: 'postgres://h/d' };
    expect(readEnvironment(variables)).toMatchObject({ WEB_CONCURRENCY: 64 });
    expect(refusalOf({ WEB_CONCURRENCY: '2' })).toMatch(/^The settings are not valid: WEB_CONCURRENCY must be 1 /);
  });

  test('a DATABASE_URL with several hosts is refused with a pointer to the document on failover', () => {
    for (const url of ['postgres://h,i/d', 'postgres:///d?host=h,i', 'postgres://h:1,i:2/d'])
      expect(refusalOf({ DATABASE_URL: url })).toMatch(/one host.*"Failover" in docs\/operations\.md/);
  });

  test('all invalid settings are named at once', () => {
    const sentence = refusalOf({ PORT: 'x', LOG_LEVEL: 'x', RATE_LIMIT: '5' });
    expect(sentence).toMatch(/PORT .*LOG_LEVEL |LOG_LEVEL .*PORT /);
    expect(sentence).not.toContain('RATE_LIMIT');
  });

  test('the sentence about invalid settings never contains a password', () => {
    for (const url of [
      'postgres://user:hunter2%@h/d',
      'postgres://user:hunter2@h,i/d',
      'postgres://user:hunter2\\@h/d',
    ])
      expect(refusalOf({ DATABASE_URL: url })).not.toContain('hunter2');
    expect(
      refusalOf({ DATABASE_URL: 'postgres://h/d', DATABASE_REPLICA_URLS: 'postgres://u:hunter2%@h/d' }),
    ).not.toContain('hunter2');
    for (const url of ['mysql://user:hunter2@h/d', 'user:hunter2@h/d', 'postgres//user:hunter2@h/d']) {
      expect(refusalOf({ DATABASE_URL: url })).not.toContain('hunter2');
      expect(refusalOf({ PUBLIC_URL: url })).not.toContain('hunter2');
    }
    expect(refusalOf({ DATABASE_URL: 'postgres://user:hunter2@h/d', PORT: 'x' })).not.toContain('hunter2');
  });
});
