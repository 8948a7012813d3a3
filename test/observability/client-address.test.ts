import { clientAddressOf } from '../../src/observability/client-address.js';

describe('the address of a client in the log', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['ana@example.org', 'unknown'],
    ['', 'unknown'],
  ])('the address %s is logged as %s', (address, expected) => {
    expect(clientAddressOf(address, undefined)).toBe(expected);
  });

  test('with a key the address is a hash, equal for equal addresses and keys only', () => {
    const [key, other] = ['a key of 16 chars', 'another key of that length'];
    const hash = clientAddressOf('192.0.2.1', key);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(clientAddressOf('192.0.2.1', key)).toBe(hash);
    expect(clientAddressOf('192.0.2.2', key)).not.toBe(hash);
    expect(clientAddressOf('192.0.2.1', other)).not.toBe(hash);
  });
});
