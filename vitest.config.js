import { transform } from '@swc/core';
import { defineConfig } from 'vitest/config';
import { suites } from './config/suites.js';
import swc from './config/swc.js';

/** Compiles as the build does, with the decorators' metadata, which Vite's own compiler leaves out. */
const compiler = {
  name: 'swc',
  enforce: 'pre',
  transform: (code, id) => {
    const [filename] = id.split('?');
    return filename.endsWith('.ts')
      ? transform(code, { ...swc, filename, module: { type: 'es6' }, swcrc: false })
      : undefined;
  },
};

/** Runs the service without `src/prefetch/`: it must respond the same. */
const withoutPrefetch = {
  alias: [
    { find: /^.*\/prefetch\/[^/]+\.js$/, replacement: `${import.meta.dirname}/test/support/no-prefetch.module.ts` },
  ],
  // Tests that count statements expect more of them.
  env: { WITHOUT_PREFETCH: '1' },
};

export default defineConfig(({ mode }) => ({
  plugins: [compiler],
  oxc: false,
  test: {
    globals: true,
    globalSetup: 'test/support/global-setup.ts',
    // Files in one process share its modules and the compiled embedded database: loading these takes longer than most
    // tests. A file restores everything that it changes for the process.
    pool: 'forks',
    isolate: false,
    // As in production: two processes on two cores need no more threads.
    execArgv: ['--single-threaded-gc'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    slowTestThreshold: 10_000,
    include: ['test/**/*.test.ts'],
    ...suites[mode],
    ...(mode === 'plain' && withoutPrefetch),
  },
}));
