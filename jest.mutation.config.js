import { join } from 'node:path';
import config from './jest.config.js';

/** Runs the tests that mutants are tried with. `scripts/mutation.js` makes their template database. */

/** @type {import('jest').Config} */
export default {
  ...config,
  testEnvironment: join(import.meta.dirname, 'test/mutation/stop-at-first-failure.js'),
  testMatch: ['<rootDir>/test/mutation/together.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
  testTimeout: 20_000,
  collectCoverage: false,
  coverageThreshold: undefined,
};
