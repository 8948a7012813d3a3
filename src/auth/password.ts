import argon2 from '@node-rs/argon2';

/** Dummy hash: verifying a password takes the same time if there is none to compare with. */
const DUMMY_HASH = argon2.hash('there is no password');

/** @returns the argon2id hash in PHC format, with the library's default cost (19 MiB, 2 passes) */
export function hashPassword(password: string): Promise<string> {
  return argon2.hash(password);
}

/**
 * @param passwordHash null if there is no such account, or if it has no password
 * @returns whether the password matches, in constant time with respect to `passwordHash`
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const matches = await argon2.verify(passwordHash ?? (await DUMMY_HASH), password);
  return matches && passwordHash !== null;
}
