import { figure } from '../support/figure.js';
import { useScratch } from './scratch.js';
import { meanwhile, tally } from './victims.js';

const scratch = useScratch();
const RATE_LIMIT = 200;
const CREATE_LIMIT = 60;
/** Accounts that the attacker creates, so many that their own limits together are twice the limit of the tree. */
const CHILDREN = 20;
const TREE_LIMIT = 10 * RATE_LIMIT;

const NAME = { name: 'Clínica', patron: 'Clínica', location: 'Calle 1', contact: 'a@example.org' };

test('the accounts that one account creates give it neither more requests nor more creations, and harm nobody else', async () => {
  const server = scratch.process(1, { RATE_LIMIT: String(RATE_LIMIT), CREATE_LIMIT: String(CREATE_LIMIT) });
  const url = `${await server.url()}/api/v2`;
  const [attacker, victim] = [await scratch.given.medic(), await scratch.given.medic()];
  const send = async (token: string, path: string, body?: object): Promise<Response> => {
    const headers = { authorization: `Token ${token}`, 'content-type': 'application/json' };
    return fetch(
      url + path,
      body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
    );
  };
  const statusOf = async (sent: Promise<Response>): Promise<number> => {
    const response = await sent;
    await response.arrayBuffer();
    return response.status;
  };
  const createChild = async (n: number): Promise<string> => {
    const body = { name: 'Ana', email: `child.${String(n)}@example.org`, password: 'correct horse battery staple' };
    const response = await send(attacker.token, '/medics/', body);
    expect(response.status).toBe(201);
    return ((await response.json()) as { token: string }).token;
  };

  const startedAt = performance.now();
  const keys = [attacker.token];
  for (let n = 0; n < CHILDREN; n += 1) keys.push(await createChild(n));
  const attack = Promise.all(
    keys.map(async (key) => {
      const created: number[] = [];
      for (let n = 0; n < CREATE_LIMIT; n += 1) created.push(await statusOf(send(key, '/hospital/', NAME)));
      const read: number[] = [];
      while (created.length + read.length < RATE_LIMIT) read.push(await statusOf(send(key, '/locations/')));
      return { created, read };
    }),
  );
  const granted = await meanwhile(attack, RATE_LIMIT - 20, () => statusOf(send(victim.token, '/locations/')));
  const sent = await attack;
  const minutes = Math.floor((performance.now() - startedAt) / 60_000) + 1;
  const created = tally(sent.flatMap((one) => one.created));
  const read = tally(sent.flatMap((one) => one.read));

  expect(created[201]).toBe(CREATE_LIMIT);
  expect(Object.keys({ ...created, ...read }).sort()).toEqual(['200', '201', '429']);
  expect(tally(granted)).toEqual({ 200: granted.length });
  expect(await statusOf(send(victim.token, '/hospital/', NAME))).toBe(201);
  const served = CHILDREN + CREATE_LIMIT + (read[200] ?? 0);
  expect(served).toBeLessThanOrEqual(minutes * TREE_LIMIT);
  const refused = (created[429] ?? 0) + (read[429] ?? 0);
  expect(refused + served).toBe(keys.length * RATE_LIMIT + CHILDREN);
  figure('accounts of one tree', keys.length);
  figure('hospitals that the tree created', CREATE_LIMIT);
  figure('reads of the tree', read[200] ?? 0);
  figure('requests of the tree that were refused', refused);
  figure('requests of another account meanwhile, all granted', granted.length);
});
