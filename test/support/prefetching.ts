/** False in `npm run test:plain`, which runs the service without `src/prefetch/`. */
export const isPrefetching = process.env['WITHOUT_PREFETCH'] !== '1';
