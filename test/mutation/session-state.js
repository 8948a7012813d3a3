/** State shared by the runner and its Jest environment; it lives outside Jest's module registry. */
const KEY = Symbol.for('hospital-memberships: mutation session');

/** @type {{ context: object, channel: object }} */
export const session = (globalThis[KEY] ??= { context: {}, channel: {} });
