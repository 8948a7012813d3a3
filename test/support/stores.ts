import { MODULE_METADATA } from '@nestjs/common/constants.js';
import type { Provider } from '@nestjs/common';
import { FAST_MEMBERSHIP_STORE } from '../../src/memberships/fast-membership-store.js';
import { MembershipsModule } from '../../src/memberships/memberships.module.js';

let isFast = true;

/** @returns whether services that a test file declares now have the fast membership store */
export function declaresFastStore(): boolean {
  return isFast;
}

/** Declares tests again, with services that have only the transactional membership store. */
export function withoutFastStore(declare: () => void): void {
  isFast = false;
  try {
    declare();
  } finally {
    isFast = true;
  }
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
