import config from '../jest.config.js';

/** Tests with a real Prometheus of Debian, which the setup unpacks into node_modules/.cache. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/metrics/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/metrics/setup.ts',
  testTimeout: 300_000,
};
