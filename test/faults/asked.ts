import { SCOPE_NAMES } from '../../src/auth/scope.js';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import type { Reply, Sent } from './exchange.js';
import type { Uses } from './rights.js';
import type { Scratch } from './scratch.js';

/** Items of a batch, all about the same right. */
const BATCH = 20;

let accounts = 0;

/** A service account, with its key. */
export interface Asker {
  readonly token: string;
  readonly revoke: () => Promise<void>;
}

/** @returns a new service account */
export async function newAsker({ database }: Scratch): Promise<Asker> {
  accounts += 1;
  const name = `asker-${String(accounts)}`;
  const services = new ServiceAccounts(database.dataSource);
  const { key: token } = await services.create({ name, scopes: SCOPE_NAMES });
  return {
    token,
    revoke: async () => {
      await services.revoke(name);
    },
  };
}

/** @returns the ways to ask about the right of a medic, who belongs to no other hospital */
export function usesOfAsker(
  { token }: Asker,
  medicId: number,
  hospital: number,
  name: 'prescribe' | 'administer',
): Uses {
  const subject = { type: 'medic', id: String(medicId) };
  const resource = { type: 'hospital', id: String(hospital) };
  const question = { subject, action: { name }, resource };
  const ask = (path: string, body: object, granted: RegExp) => {
    const isGranted = ({ status, text }: Reply) => status === 200 && granted.test(text);
    const request: Sent = { method: 'POST', path: `/access/v1/${path}`, token, body, isGranted };
    return () => Promise.resolve(() => request);
  };
  const evaluations = Array.from({ length: BATCH }, () => ({}));
  return {
    'POST /access/v1/evaluation': ask('evaluation', question, /"decision":true/),
    'POST /access/v1/evaluations': ask('evaluations', { ...question, evaluations }, /"decision":true/),
    'POST /access/v1/search/subject': ask('search/subject', question, new RegExp(`"id":"${subject.id}"`)),
    'POST /access/v1/search/resource': ask('search/resource', question, new RegExp(`"id":"${resource.id}"`)),
    'POST /access/v1/search/action': ask('search/action', question, new RegExp(`"name":"${name}"`)),
  };
}
