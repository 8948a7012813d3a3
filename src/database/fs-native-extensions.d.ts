declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on the open file; false where another descriptor holds it. */
  export function tryLock(fd: number): boolean;
}
