import config from '../jest.config.js';

/** The tests that take processes and databases away: they are slow, and run by themselves, one after another. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 240_000,
  collectCoverage: false,
  coverageThreshold: undefined,
};
