import config from '../vitest.config.js';

/** For Stryker, which cannot name a mode. */
export default config({ mode: 'mutation' });
