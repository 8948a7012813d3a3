import { AddressRules } from '../../src/record/webhooks/addresses.js';
import { delayAfter, secondsOf } from '../../src/record/webhooks/backoff.js';
import { MAX_URL_LENGTH, webhookUrlOf } from '../../src/record/webhooks/webhook-url.js';

describe('the addresses that a webhook may connect to', () => {
  test.each([
    [
      'public',
      ['1.1.1.1', '8.8.8.8', '93.184.215.14', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0'],
    ],
    ['public IPv6', ['2606:4700:4700::1111', '2a00:1450:4001:80f::200e']],
  ])('the allowed addresses include %s ones', (_, addresses) => {
    for (const address of addresses) expect([address, new AddressRules().allows(address)]).toEqual([address, true]);
  });

  test.each([
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1']],
    ['link-local', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%1', 'febf::1']],
    ['shared', ['100.64.0.1', '100.127.255.255']],
    ['multicast and broadcast', ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1']],
    ['reserved', ['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '2001:db8::1']],
    ['mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::ffff:0:8.8.8.8']],
    ['IPv4-compatible', ['::127.0.0.1', '::7f00:1', '::8.8.8.8']],
    ['6to4, NAT64 and Teredo', ['2002:7f00:1::', '64:ff9b::127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '2001::1']],
    ['site-local and other special', ['fec0::1', '100::1', '5f00::1', '4000::1', '3fff::1']],
    ['no', ['', 'example.org', 'localhost', '127.0.0.1.nip.io', '1.2.3.4/8']],
  ])('the allowed addresses do not include %s ones', (_, addresses) => {
    for (const address of addresses) expect([address, new AddressRules().allows(address)]).toEqual([address, false]);
  });

  test('the allowed addresses include those of the setting, and no others of the same kind', () => {
    const rules = new AddressRules(['10.1.0.0/16', '127.0.0.2', 'fd00:1::/32']);
    for (const address of ['10.1.255.1', '127.0.0.2', 'fd00:1::5', '8.8.8.8']) expect(rules.allows(address)).toBe(true);
    for (const address of ['10.2.0.1', '127.0.0.1', 'fd00:2::5', '::ffff:10.1.0.1', '::ffff:127.0.0.2'])
      expect(rules.allows(address)).toBe(false);
  });
});

describe('the URL of a webhook', () => {
  test.each([
    ['https://example.org', 'https://example.org/'],
    ['HTTPS://Example.ORG:443/a?b=c', 'https://example.org/a?b=c'],
    ['https://例え.example/ñ', 'https://xn--r8jz45g.example/%C3%B1'],
    ['https://[2606:4700::1]:8443/', 'https://[2606:4700::1]:8443/'],
    // Every spelling of an address becomes the one that is checked.
    ['https://2130706433/', 'https://127.0.0.1/'],
    ['https://0x7f.1/', 'https://127.0.0.1/'],
    ['https://0177.0.0.1/', 'https://127.0.0.1/'],
    ['https://127.1/', 'https://127.0.0.1/'],
    ['https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/'],
    ['https://１２７.０.０.１/', 'https://127.0.0.1/'],
  ])('the URL %s is accepted as %s', (text, url) => {
    expect(webhookUrlOf(text)).toBe(url);
  });

  test.each([
    [
      'not HTTPS',
      ['http://example.org/', 'ftp://example.org/', '//example.org', 'example.org', 'https:example.org', ''],
    ],
    ['with a user', ['https://u@example.org/', 'https://u:p@example.org/', 'https://@example.org/', 'https://:@h/']],
    ['with a fragment', ['https://example.org/#a', 'https://example.org/#']],
    [
      'with a wrong host or port',
      ['https://', 'https://h:99999/', 'https://h:0/', 'https://[::1/', 'https://256.1.1.1/'],
    ],
    ['with spaces, line breaks or backslashes', ['https://h/ a', ' https://h/', 'https://h/\n', 'https:\\\\h\\a']],
    ['too long', [`https://h/${'a'.repeat(MAX_URL_LENGTH)}`, `https://h/${'ñ'.repeat(MAX_URL_LENGTH / 5)}`]],
  ])('a URL is refused if it is %s', (_, texts) => {
    for (const text of texts) expect([text, webhookUrlOf(text)]).toEqual([text, undefined]);
  });

  test('the URL of a webhook has at most 2000 characters', () => {
    const longest = `https://h/${'a'.repeat(MAX_URL_LENGTH - 'https://h/'.length)}`;
    expect([webhookUrlOf(longest), webhookUrlOf(`${longest}a`)]).toEqual([longest, undefined]);
  });
});

describe('the delay before the next attempt', () => {
  test.each([
    [1, 5, 5],
    [2, 5, 10],
    [3, 10, 20],
    [4, 20, 40],
    [10, 1280, 2560],
    [11, 1800, 3600],
    [12, 1800, 3600],
    [5000, 1800, 3600],
  ])('the delay after failure %i is from %i to %i seconds, at random', (failures, shortest, longest) => {
    expect([delayAfter(failures, undefined, 1), delayAfter(failures, undefined, 0)]).toEqual([shortest, longest]);
    for (let count = 0; count < 100; count += 1) {
      const delay = delayAfter(failures);
      expect(delay >= shortest && delay <= longest && Number.isInteger(delay)).toBe(true);
    }
  });

  test.each([
    [1, 600, 600],
    [1, 0.2, 5],
    [1, 7.1, 8],
    [12, 60, 3600],
    [1, 3601, 3600],
    [1, Number.MAX_SAFE_INTEGER, 3600],
  ])(
    'the delay after failure %i with Retry-After of %f s is %i seconds: never sooner, and at most an hour',
    (...row) => {
      const [failures, retryAfter, delay] = row;
      expect(delayAfter(failures, retryAfter, 0)).toBe(delay);
    },
  );

  const now = Date.parse('1994-11-06T08:49:00Z');
  test.each([
    ['120', 120],
    ['0', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37],
    ['Sun Nov  6 08:49:37 1994', 37],
    ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['Sun, 99 Foo 1994 08:49:37 GMT', undefined],
  ])('Retry-After: %s means %s', (header, seconds) => {
    expect(secondsOf(header, now)).toBe(seconds);
  });
});
