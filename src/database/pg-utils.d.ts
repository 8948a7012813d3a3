declare module 'pg/lib/utils.js' {
  const utils: {
    /** Turns a value into what the protocol of PostgreSQL sends. */
    readonly prepareValue: (value: unknown) => string | Buffer | null;
  };
  export default utils;
}
