import { BoundedMemory, MAX_KEYS } from '../../src/limits/bounded-memory.js';
import { ExpiringSet } from '../../src/limits/expiring-set.js';
import { TooManyRequests } from '../../src/common/errors.js';
import { Limiter } from '../../src/limits/limiter.js';
import { addressKeyOf } from '../../src/limits/address-key.js';

describe('a limiter in memory', () => {
  const options = { points: 2, duration: 900 };
  const sizeOf = (limiter: BoundedMemory) => limiter.dump().storage.length;

  test('the in-memory limiter holds at most 50,000 keys, however many addresses a client has', async () => {
    const limiter = new BoundedMemory(options);
    for (let number = 0; number < 60_000; number += 1) await limiter.consume(`address ${String(number)}`);
    expect(MAX_KEYS).toBe(50_000);
    expect(sizeOf(limiter)).toBeLessThanOrEqual(MAX_KEYS);
    expect(sizeOf(limiter)).toBeGreaterThan(MAX_KEYS * 0.9);
  });

  test('the in-memory limiter evicts the least recently counted keys and keeps those in use', async () => {
    const limiter = new BoundedMemory({ ...options, points: 1000 }, 5000);
    for (let number = 0; number < 20_000; number += 1) {
      await limiter.consume(`address ${String(number)}`);
      if (number % 100 === 0) await limiter.consume('in use');
    }
    expect((await limiter.get('in use'))?.consumedPoints).toBe(200);
    expect([await limiter.get('address 0'), (await limiter.get('address 19999'))?.consumedPoints]).toEqual([null, 1]);
  });
});

describe('the expiring set', () => {
  test('the expiring set is bounded and evicts its oldest keys', () => {
    const set = new ExpiringSet(100);
    for (let number = 0; number < 1000; number += 1) set.add(String(number), 60_000);
    expect(set.size).toBeLessThanOrEqual(100);
    expect([set.left('0'), set.left('999') > 0]).toEqual([0, true]);
  });

  test('the expiring set drops a key when it expires or is deleted', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    const set = new ExpiringSet(100);
    set.add('key', 500);
    now.mockReturnValue(1400);
    expect(set.left('key')).toBe(100);
    now.mockReturnValue(1500);
    expect([set.left('key'), set.size]).toEqual([0, 0]);
    set.add('key', 500);
    set.delete('key');
    expect(set.left('key')).toBe(0);
    now.mockRestore();
  });
});

describe('without Redis', () => {
  test.each([
    ['gets its share of the limit', { points: 100 }, 4, 25],
    ['gets at least one try', { points: 3 }, 8, 1],
    ['gets at least the minimum of the limit', { points: 10, minimum: 5 }, 8, 5],
    ['never gets more than the limit', { points: 3, minimum: 5 }, 8, 3],
    ['gets the whole limit if it is the only one', { points: 7 }, 1, 7],
  ])('without Redis a worker %s', async (_, options, workers, share) => {
    const limiter = new Limiter({ name: 'test', seconds: 60, ...options }, null, workers);
    for (let tries = 0; tries < share; tries += 1) await limiter.count('key');
    await expect(limiter.count('key')).rejects.toThrow(TooManyRequests);
    expect(limiter.points).toBe(share);
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::'],
  ['2001:0DB8::1', '2001:db8:0:0::'],
  ['2001:db8:0:1::', '2001:db8:0:1::'],
  ['fe80::1%eth0', 'fe80:0:0:0::'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::'],
  ['::', '0:0:0:0::'],
  ['::1', '0:0:0:0::'],
  ['Unknown', 'unknown'],
])('requests from %s count as requests from %s', (address, key) => {
  expect(addressKeyOf(address)).toBe(key);
});

test('text that is not an address, which a proxy may forward, is cut to the length of an address', () => {
  expect(addressKeyOf('x'.repeat(10_000))).toBe('x'.repeat(45));
});
