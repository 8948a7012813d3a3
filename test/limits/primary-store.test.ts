import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrimaryStore } from '../../src/common/primary-store.js';

const WINDOW_MS = 60_000;

/** Two workers of one primary, whose answers come as late as those of another process. */
function twoWorkers(max: number) {
  const primary = new RateLimiterMemory({ points: max, duration: WINDOW_MS / 1000 });
  const asked: number[] = [];
  const consume = async (key: string | number, points?: number) => {
    asked.push(points ?? 1);
    await sleep(1);
    return primary.consume(key, points);
  };
  const worker = () => new PrimaryStore({ max, timeWindow: WINDOW_MS }, { consume });
  return { one: worker(), two: worker(), asked };
}

/** Sends requests of one sender at once. @returns how many are let through, and what is told of each */
async function send(store: PrimaryStore, max: number, count: number, key = 'key') {
  const told = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<{ current: number; ttl: number }>((resolve) => {
          store.incr(key, (_, counted) => {
            resolve(counted);
          });
        }),
    ),
  );
  return { passed: told.filter(({ current }) => current <= max).length, told };
}

test.each([1, 10, 33, 320, 6000])('two workers let %i through between them, and not one more', async (max) => {
  const { one, two } = twoWorkers(max);
  let passed = 0;
  for (let turn = 0; turn < 40; turn += 1) {
    const of = turn % 2 === 0 ? one : two;
    passed += (await send(of, max, Math.ceil(max / 16))).passed;
  }
  expect(passed).toBe(max);
});

test('many requests at once cost few messages to the primary, also where the limit is small', async () => {
  const { one, asked } = twoWorkers(10);
  expect((await send(one, 10, 32)).passed).toBe(10);
  expect(asked).toEqual([32]);
  const large = twoWorkers(6000);
  expect((await send(large.one, 6000, 7000)).passed).toBe(6000);
  expect(large.asked.length).toBeLessThanOrEqual(2);
});

test('one request after another costs a message for a sixteenth of what is left, and is told the exact count', async () => {
  const { one, asked } = twoWorkers(6000);
  for (let count = 1; count <= 1000; count += 1) expect((await send(one, 6000, 1)).told[0]?.current).toBe(count);
  expect(asked).toEqual([375, 351, 329]);
});

test('what one worker has taken and does not use is all that is missing for the other', async () => {
  const { one, two } = twoWorkers(320);
  expect((await send(one, 320, 1)).passed).toBe(1);
  expect((await send(two, 320, 320)).passed).toBe(300);
  expect((await send(one, 320, 320)).passed).toBe(19);
});

test('nobody is refused for longer than the window, whatever the clock of the primary is set to', async () => {
  const consume = () => Promise.resolve(new RateLimiterRes(0, 60 * WINDOW_MS, 6));
  const { passed, told } = await send(new PrimaryStore({ max: 5, timeWindow: WINDOW_MS }, { consume }), 5, 1);
  expect(passed).toBe(0);
  expect(told.every(({ ttl }) => ttl > 0 && ttl <= WINDOW_MS)).toBe(true);
});

test('each sender has the limit', async () => {
  const { one } = twoWorkers(5);
  expect((await send(one, 5, 6, 'a')).passed).toBe(5);
  expect((await send(one, 5, 6, 'b')).passed).toBe(5);
});
