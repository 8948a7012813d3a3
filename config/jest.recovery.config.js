import config from '../jest.config.js';

/** Recovery from a backup, with servers of Debian's PostgreSQL that the tests start themselves. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/recovery/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 300_000,
};
