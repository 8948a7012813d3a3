/** How swc translates TypeScript: for the build with imports left alone, for Jest as CommonJS. Types are checked by `tsc`. */

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
