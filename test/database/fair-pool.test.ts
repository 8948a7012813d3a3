import { FairPool, TooManyLists, type CallerId, type PoolCaller } from '../../src/database/fair-pool.js';
import { Overloaded } from '../../src/common/errors.js';

// The clock is fake, so that no test waits a second.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** A pool whose users end on demand. */
function busyPool(resources: number) {
  const pool = new FairPool(Array.from({ length: resources }, (_, index) => index));
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const useAs = (caller: PoolCaller, name: string, isRest = false) =>
    pool.use(
      caller,
      () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      },
      isRest,
    );
  const use = (id: CallerId, name: string) => useAs({ id }, name);
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { begun, use, useAs, end };
}

test('one caller uses at most half of the resources, and the rest stay free for others', async () => {
  const { begun, use } = busyPool(4);
  for (const name of ['a1', 'a2', 'a3', 'a4']) void use(1, name);
  void use(2, 'b1');
  await new Promise(setImmediate);
  expect(begun).toEqual(['a1', 'a2', 'b1']);
});

test('waiting callers take turns, however much each of them requests', async () => {
  const { begun, use, end } = busyPool(1);
  for (const name of ['a1', 'a2', 'a3', 'a4']) void use(1, name);
  for (const name of ['b1', 'b2']) void use(2, name);
  void use(3, 'c1');
  await new Promise(setImmediate);
  for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) await end(name);
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

test('a resource is free again after its user fails', async () => {
  const pool = new FairPool([0]);
  await expect(pool.use({ id: 1 }, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await expect(pool.use({ id: 1 }, () => Promise.resolve('used'))).resolves.toBe('used');
});

describe('bounded waiting', () => {
  test('the waiting uses of one caller are bounded, and others may still wait', async () => {
    const { begun, use, end } = busyPool(1);
    for (let number = 1; number <= 65; number += 1) void use(1, `a${String(number)}`);
    await expect(use(1, 'a66')).rejects.toThrow(TooManyLists);
    void use(2, 'b1');
    await end('a1');
    await end('a2');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
  });

  test('the waiting uses without a key are bounded together', async () => {
    const { use } = busyPool(1);
    for (let number = 1; number <= 65; number += 1) void use(null, `a${String(number)}`);
    await expect(use(null, 'a66')).rejects.toThrow(Overloaded);
  });

  test('the waiting uses of an account tree are bounded together, and other trees may still wait', async () => {
    const { begun, use, useAs, end } = busyPool(1);
    const inTree = (caller: number) => ({ id: caller % 16, rootId: 0 });
    for (let number = 0; number <= 256; number += 1) void useAs(inTree(number), `a${String(number)}`);
    await expect(useAs({ id: 17, rootId: 0 }, 'one more')).rejects.toThrow(TooManyLists);
    void use(18, 'b1');
    await end('a0');
    // Now the queue has space for one.
    void useAs({ id: 17, rootId: 0 }, 'one more');
    await expect(useAs({ id: 17, rootId: 0 }, 'two more')).rejects.toThrow(TooManyLists);
    expect(begun).toHaveLength(2);
  });

  test('a response that has begun is never refused: its next use waits for its turn, however long that takes', async () => {
    const { begun, use, useAs, end } = busyPool(1);
    const refused: Promise<unknown>[] = [];
    for (let caller = 1; caller <= 1001; caller += 1) refused.push(use(caller, String(caller)).catch(() => 'refused'));
    const rest = useAs({ id: 2000 }, 'rest', true);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(60_000);
    await end('1');
    await end('rest');
    await rest;
    expect(begun).toEqual(['1', 'rest']);
    expect(new Set((await Promise.all(refused)).slice(1))).toEqual(new Set(['refused']));
  });

  test('all waiting uses are bounded', async () => {
    const { use } = busyPool(1);
    for (let caller = 1; caller <= 1001; caller += 1) void use(caller, String(caller));
    await expect(use(1002, 'one more')).rejects.toThrow(Overloaded);
  });

  test('a use waits for a bounded time, and does not run after it has given up', async () => {
    const { begun, use, end } = busyPool(1);
    void use(1, 'a1');
    const [own, others] = [use(1, 'a2'), use(2, 'b1')];
    const refused = Promise.all([
      expect(own).rejects.toThrow(TooManyLists),
      expect(others).rejects.toThrow(Overloaded),
    ]);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(5000);
    await refused;
    void use(3, 'c1');
    await end('a1');
    expect(begun).toEqual(['a1', 'c1']);
  });
});
