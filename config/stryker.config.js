/** Mutates authentication and authorization. docs/reliability.md lists the exceptions and their reasons. */

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [
    'src/auth/**/*.ts',
    'src/memberships/**/*.ts',
    'src/medics/medic-hospital.ts',
    'src/access/**/*.ts',
    'src/prefetch/**/*.ts',
    '!src/**/*.entity.ts',
    '!src/**/*.module.ts',
    '!src/**/*.examples.ts',
  ],
  plugins: ['@stryker-mutator/vitest-runner', './config/documentation-ignorer.js'],
  ignorers: ['documentation'],
  testRunner: 'vitest',
  vitest: { configFile: 'config/vitest.mutation.config.js', related: false },
  coverageAnalysis: 'perTest',
  // For mutants that loop forever; a mutant that waits fails by the timeout of its test.
  timeoutMS: 120_000,
  timeoutFactor: 4,
  dryRunTimeoutMinutes: 10,
  concurrency: 1,
  incremental: true,
  incrementalFile: 'coverage/mutation/incremental.json',
  reporters: ['clear-text', 'json', 'html'],
  jsonReporter: { fileName: 'coverage/mutation/mutation.json' },
  htmlReporter: { fileName: 'coverage/mutation/mutation.html' },
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false },
  tempDirName: 'coverage/mutation/sandbox',
  ignorePatterns: ['dist', 'data', 'coverage', '*.log'],
  thresholds: { high: 95, low: 90, break: 90 },
};
