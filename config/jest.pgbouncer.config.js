import config from '../jest.config.js';

/** HTTP suites, run with PgBouncer in transaction mode between the service and PostgreSQL. */
const FOLDERS = [
  'authorization',
  'clients',
  'contract',
  'fuzz',
  'hospitals',
  'limits',
  'locations',
  'medics',
  'memberships',
  'model',
  'pooler',
  'races',
  'record',
  'tokens',
];

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: FOLDERS.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/support/pgbouncer-setup.ts',
  globalTeardown: '<rootDir>/test/support/pgbouncer-teardown.ts',
};
