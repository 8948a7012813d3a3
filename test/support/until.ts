import { setTimeout as sleep } from 'node:timers/promises';

/** @returns the first result of `look` other than undefined, null and false; the test's timeout ends a vain wait */
export async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    await sleep(10);
  }
}
