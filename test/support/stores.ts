import { MODULE_METADATA } from '@nestjs/common/constants.js';
import type { Provider } from '@nestjs/common';
import { FAST_MEMBERSHIP_STORE } from '../../src/memberships/fast-membership-store.js';
import { MembershipsModule } from '../../src/memberships/memberships.module.js';

/** The test files that repeat suites without the fast store. */
const withoutFastStore = new Set<string | undefined>();

/** @returns whether the services of the current test file have the fast membership store */
export function hasFastStore(): boolean {
  return !withoutFastStore.has(expect.getState().testPath);
}

/**
 * Declares the suites of other files again in the current one, whose services have only the transactional membership store.
 * @param file the URL of the current file
 * @param suites file names in the same folder, without `.test.ts`
 */
export function repeatWithoutFastStore(file: string, suites: readonly string[]): void {
  withoutFastStore.add(expect.getState().testPath);
  describe.each(suites)('Without the fast store: %s', async (suite) => {
    // The query makes it a module of its own: the file itself declares its tests only once in a process.
    await import(new URL(`${suite}.test.ts?repeated`, file).href);
  });
}

/** Runs `start` as if the line of the fast store were deleted from the module. */
export async function onTransactionalStore(start: () => Promise<void>): Promise<void> {
  const providers = Reflect.getMetadata(MODULE_METADATA.PROVIDERS, MembershipsModule) as Provider[];
  const others = providers.filter((provider) => provider !== FAST_MEMBERSHIP_STORE);
  if (others.length !== providers.length - 1) throw new Error('The module has no line for the fast store.');
  Reflect.defineMetadata(MODULE_METADATA.PROVIDERS, others, MembershipsModule);
  try {
    await start();
  } finally {
    Reflect.defineMetadata(MODULE_METADATA.PROVIDERS, providers, MembershipsModule);
  }
}
