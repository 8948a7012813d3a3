import config from '../jest.config.js';

/** Tests in which programs in other languages use the service. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/interop/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
