import { OutdatedRead, withRetries } from '../../src/database/retries.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Fails `times` times with a SQLSTATE, then succeeds. */
function failing(code: string, times: number) {
  let attempts = 0;
  return vi.fn(async () => {
    attempts += 1;
    await Promise.resolve();
    if (attempts <= times) throw Object.assign(new Error(), { code });
    return 'done';
  });
}

/** Runs everything that does not wait for a timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test.each(['40001', '40P01'])('a transaction that fails with %s is retried after a random pause', async (code) => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const work = failing(code, 2);
  const result = withRetries(work);
  for (const [pause, attempts] of [
    [5, 2],
    [10, 3],
  ] as const) {
    await settle();
    expect(work).toHaveBeenCalledTimes(attempts - 1);
    vi.advanceTimersByTime(pause - 1);
    await settle();
    expect(work).toHaveBeenCalledTimes(attempts - 1);
    vi.advanceTimersByTime(1);
    await settle();
    expect(work).toHaveBeenCalledTimes(attempts);
  }
  await expect(result).resolves.toBe('done');
});

test.each(['0A000', '26000'])('a prepared statement that fails with %s is retried at once', async (code) => {
  const work = failing(code, 2);
  await expect(withRetries(work)).resolves.toBe('done');
  expect(vi.getTimerCount()).toBe(0);
});

test('any other failure is not retried', async () => {
  const work = failing('23505', 1);
  await expect(withRetries(work)).rejects.toMatchObject({ code: '23505' });
  expect(work).toHaveBeenCalledTimes(1);
});

test('a transaction that always fails is given up after four attempts', async () => {
  const work = failing('40P01', Infinity);
  const result = withRetries(work).catch((error: unknown) => error);
  for (let attempt = 1; attempt < 4; attempt += 1) {
    await settle();
    vi.advanceTimersByTime(100);
  }
  expect(await result).toMatchObject({ code: '40P01' });
  expect(work).toHaveBeenCalledTimes(4);
});

test('a transaction whose reads are always outdated is given up after ten attempts', async () => {
  const work = vi.fn(() => Promise.reject(new OutdatedRead()));
  const result = withRetries(work).catch((error: unknown) => error);
  for (let attempt = 1; attempt < 10; attempt += 1) {
    await settle();
    expect(work).toHaveBeenCalledTimes(attempt);
    vi.advanceTimersByTime(100);
  }
  expect(await result).toBeInstanceOf(OutdatedRead);
  expect(work).toHaveBeenCalledTimes(10);
});
