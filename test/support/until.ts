import { setTimeout as sleep } from 'node:timers/promises';

/** @returns what `look` finds, as soon as it finds something; the test's own time-out ends a vain search */
export async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    await sleep(10);
  }
}
