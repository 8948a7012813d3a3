import swc from './config/swc.js';

/** These packages are ES modules only; Jest runs the tests as CommonJS, so it translates them too. */
const esModules = [
  '@nestjs',
  '@tokenizer',
  'content-disposition',
  'cookie',
  'es-toolkit',
  'file-type',
  'load-esm',
  'strtok3',
  'token-types',
  'uint8array-extras',
];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/faults/', '<rootDir>/test/pooler/', '<rootDir>/test/scale/'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  transform: {
    '^.+\\.[tj]s$': [
      '@swc/jest',
      {
        ...swc,
        module: { type: 'commonjs', ignoreDynamic: true },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  maxWorkers: 2,
  testTimeout: 60_000,
  // What runs only in processes of its own is not seen here; test/process starts these.
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
