import globalTeardown from './global-teardown.ts';

export default async function pgbouncerTeardown(): Promise<void> {
  await globalThis.pooler?.stop();
  await globalTeardown();
}
