import config from '../jest.config.js';

/** Every suite that needs no other server than the database and no failing one, with its coverage. */

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testPathIgnorePatterns: ['faults', 'ha', 'interop', 'metrics', 'pooler', 'recovery', 'scale', 'upgrade'].map(
    (folder) => `<rootDir>/test/${folder}/`,
  ),
  testTimeout: 300_000,
  // Suites that start programs wait more than they compute.
  maxWorkers: 3,
  collectCoverage: true,
  // Coverage does not see code that runs only in processes of its own; test/process starts these.
  collectCoverageFrom: [
    'src/**/*.ts',
    '!src/main.ts',
    '!src/server/node-version.ts',
    '!src/server/run.ts',
    '!src/server/workers.ts',
    '!src/cli/main.ts',
    '!src/database/create-embedded.ts',
    '!src/database/statement-watchdog.ts',
  ],
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'json'],
  coverageThreshold: { global: { statements: 95, branches: 90 } },
};
