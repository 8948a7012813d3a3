import config from '../jest.config.js';
import { LONG } from './jest.long.config.js';

/** Every suite that starts no program, but for the long ones. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testPathIgnorePatterns: [...config.testPathIgnorePatterns, ...LONG.map((suite) => `<rootDir>/test/${suite}.test.ts`)],
};
