import config from '../jest.config.js';

/** HTTP suites of the routes that prefetch, run without `src/prefetch/`: the service must respond the same. */
const SUITES = [
  'authorization/*',
  'contract/{conventions,ids,order-of-refusals,pagination,prefetch,routes-are-guarded,statement-on-standby,values}',
  'decisions/*',
  'hospitals/update-hospital',
  'locations/*',
  'medics/{create-medic-hospital,update-medic-right}',
  'memberships/*',
];

// Tests that count statements expect more of them.
process.env.WITHOUT_PREFETCH = '1';

/** @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  testMatch: SUITES.map((suite) => `<rootDir>/test/${suite}.test.ts`),
  moduleNameMapper: {
    '^\\.{1,2}/(.*/)?prefetch/[^/]+\\.js$': '<rootDir>/test/support/no-prefetch.module.ts',
    ...config.moduleNameMapper,
  },
};
