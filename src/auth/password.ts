import { hash, verify } from '@node-rs/argon2';

/** What a password is compared with where there is none, so that this takes the same time. */
const NO_PASSWORD = hash('there is no password');

/** @returns the argon2id hash of a password in PHC format, with the library's cost (19 MiB, 2 passes) */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

/**
 * @param passwordHash null where there is no such account, or it has no password
 * @returns whether it is the hash of the password; in the same time, whatever the answer
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const matches = await verify(passwordHash ?? (await NO_PASSWORD), password);
  return matches && passwordHash !== null;
}
