import type { Service } from '../support/service.js';
import { listen } from '../support/statements.js';

const WRITES = ['BEGIN', 'COMMIT', 'INSERT', 'UPDATE', 'WITH'];

/** @returns the first word of each statement by which an ADMIN adds a MEMBER and makes another MEMBER an ADMIN */
export async function writesOf(service: Service): Promise<string[]> {
  const { hospital, admin, outsider, membership } = await service.given.hospital();
  const words: string[] = [];
  const stop = listen((_, text) => words.push(text.trim().split(/\s/, 1)[0] ?? ''));
  try {
    (await admin.addMember(hospital, outsider, {}, { concurrent: true })).isCreated();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' }, { concurrent: true })).isCreated();
  } finally {
    stop();
  }
  return words.filter((word) => WRITES.includes(word));
}
