import config from '../jest.config.js';

/** Tests that start programs: the server and the command line. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/{cli,process}/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 300_000,
};
