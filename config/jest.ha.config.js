import config from '../jest.config.js';

/** Failovers of the cluster of deploy/ha, from Debian's packages, which the setup unpacks into node_modules/.cache. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/ha/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/ha/setup.ts',
  globalTeardown: null,
  maxWorkers: 1,
  testTimeout: 600_000,
};
