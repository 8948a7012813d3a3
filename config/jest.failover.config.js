import config, { FAILOVER } from './jest.faults.config.js';

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: FAILOVER.map((suite) => `<rootDir>/test/faults/${suite}.test.ts`),
  testPathIgnorePatterns: ['/node_modules/'],
};
