/** Compiles TypeScript to ES modules, for the build and the tests. `tsc` checks the types. */

/** @type {import('@swc/core').Config} */
export default {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    target: 'es2023',
    experimental: { keepImportAttributes: true },
  },
  sourceMaps: true,
};
