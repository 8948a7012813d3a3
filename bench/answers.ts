import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Scene } from './scene.js';
import type { BenchServer, ServerName } from './servers.js';

/**
 * Sends the same requests to every server and compares the responses, so that all of them do the same work.
 * @throws AssertionError if two servers differ
 */
export async function requireSameAnswers(scene: Scene, servers: ReadonlyMap<ServerName, BenchServer>): Promise<void> {
  const [actor] = scene.actors;
  const [member] = actor?.members ?? [];
  if (actor === undefined || member === undefined) throw new Error('The scene is empty.');
  const memberships = '/api/v2/management/memberships/';
  const paths = [memberships, `/api/v2/memberships/${String(actor.readHospital)}`, `${memberships}${String(member)}`];
  let medic = scene.medics.first;
  const answers = [...servers].map(async ([, server]) => {
    const send = async (path: string, method = 'GET', body: object | null = null) => {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { authorization: `Token ${actor.key}`, 'content-type': 'application/json' },
        body: body === null ? null : JSON.stringify(body),
      });
      const text = (await response.text()).replaceAll(server.url, '');
      return { status: response.status, json: JSON.parse(text) as unknown };
    };
    const created = { medic: (medic += 1), hospital: actor.writeHospital, type_membership: 'MEMBER' };
    const read = [];
    for (const path of paths) read.push(await send(path));
    read.push(await send(`${memberships}${String(member)}`, 'PATCH', { type_membership: 'MEMBER' }));
    const creation = await send(memberships, 'POST', created);
    strictEqual(creation.status, 201);
    deepStrictEqual({ ...(creation.json as object), id: 0 }, { ...created, id: 0 });
    return read.map(withoutFractions);
  });
  const [first, ...others] = await Promise.all(answers);
  for (const other of others) deepStrictEqual(other, first);
}

/** The naive service returns milliseconds, the others microseconds. */
function withoutFractions(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/(T\d\d:\d\d:\d\d)\.\d+Z/g, '$1Z'));
}
