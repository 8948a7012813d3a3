import { join } from 'node:path';
import config from '../jest.config.js';

/** Tests that run against mutants. `scripts/mutation.js` creates their template database. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testEnvironment: join(import.meta.dirname, '../test/mutation/environment.js'),
  testMatch: ['<rootDir>/test/mutation/session.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
};
