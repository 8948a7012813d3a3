import config from '../jest.config.js';

/** Upgrades from the previous release, which the tests build, on a PostgreSQL server that they start themselves. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/upgrade/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 600_000,
};
