import config from '../jest.config.js';

/** Suites that take long by nature: they wait for clocks, fill buffers, repeat other suites or draw random requests. */
export const LONG = [
  'authorization/authorization',
  'contract/slow-clients',
  'database/transaction',
  'fuzz/fuzz',
  'memberships/streamed-memberships',
  'memberships/without-fast-store',
  'model/model',
  'record/feed-beats',
  'record/feed-streams',
  'record/past-memberships',
];

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: LONG.map((suite) => `<rootDir>/test/${suite}.test.ts`),
};
