import config from '../jest.config.js';

/** Tests in which processes and databases fail. They are slow, and run one after another. */

/** Suites that take minutes each, because servers fail over or disks fill; `npm run test:failover` runs them. */
export const FAILOVER = ['full-disk', 'replica-reads', 'replicated-postgres', 'revoked-servers', 'shutdown', 'standby'];

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...FAILOVER.map((suite) => `/faults/${suite}.test.ts$`)],
  maxWorkers: 1,
  testTimeout: 600_000,
};
