import config from './jest.config.js';

/** The suites that write and race, with a PgBouncer in transaction mode between the service and PostgreSQL. */
const FOLDERS = ['authorization', 'hospitals', 'locations', 'medics', 'memberships', 'pooler', 'races', 'tokens'];

/** @type {import('jest').Config} */
export default {
  ...config,
  testMatch: FOLDERS.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/support/pgbouncer-setup.ts',
  globalTeardown: '<rootDir>/test/support/pgbouncer-teardown.ts',
  collectCoverage: false,
  coverageThreshold: undefined,
};
