import swc from './config/swc.js';

/** These packages are ES modules only; Jest runs the tests as CommonJS, so it translates them too. */
const esModules = [
  '@nestjs',
  '@tokenizer',
  'content-disposition',
  'cookie',
  'es-toolkit',
  'file-type',
  'jose',
  'load-esm',
  'strtok3',
  'token-types',
  'uint8array-extras',
];

/** Folders of tests with a command of their own, because they take long or need more than a database. */
const SEPARATE = ['cli', 'faults', 'ha', 'interop', 'metrics', 'pooler', 'process', 'recovery', 'scale', 'upgrade'];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: SEPARATE.map((folder) => `<rootDir>/test/${folder}/`),
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
  // A worker keeps some of the memory of each file, and collecting it slows down the files that follow.
  workerIdleMemoryLimit: '600MB',
  testTimeout: 120_000,
};
