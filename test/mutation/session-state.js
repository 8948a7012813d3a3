/** What the runner and the environment of its Jest session share; it lives outside of Jest's modules. */
const KEY = Symbol.for('hospital-memberships: mutation session');

/** @type {{ context: object, channel: object }} */
export const session = (globalThis[KEY] ??= { context: {}, channel: {} });
