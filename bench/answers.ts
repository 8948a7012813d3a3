import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { BATCH } from './decision-scenarios.js';
import type { Question, Scene } from './scene.js';
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
  await requireSameDecisions(scene, servers);
}

/** Does the same for decisions and searches, which the naive service does not have. */
async function requireSameDecisions(
  { actors, questions, serviceKey }: Scene,
  servers: ReadonlyMap<ServerName, BenchServer>,
): Promise<void> {
  const hospital = actors[0]?.readHospital ?? 0;
  const [medic = 0] = questions[0] ?? [];
  const action = { name: 'prescribe' };
  const requests = [
    ...questions.slice(0, 8).map((question) => ({ path: 'evaluation', body: questionOf(question) })),
    { path: 'evaluations', body: { evaluations: questions.slice(0, BATCH).map(questionOf) } },
    { path: 'search/subject', body: { subject: { type: 'medic' }, action, resource: entity('hospital', hospital) } },
    { path: 'search/resource', body: { subject: entity('medic', medic), action, resource: { type: 'hospital' } } },
  ];
  for (const { path, body } of requests) {
    const answers = [...servers]
      .filter(([name]) => name !== 'naive')
      .map(async ([, { url }]) => {
        const response = await fetch(`${url}/access/v1/${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${serviceKey}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        strictEqual(response.status, 200);
        return JSON.parse((await response.text()).replace(/"evaluated_at":"[^"]*"/g, '"evaluated_at":""')) as unknown;
      });
    const [first, ...others] = await Promise.all(answers);
    for (const other of others) deepStrictEqual(other, first);
  }
}

/** @returns the body of an evaluation */
export function questionOf([medic, hospital]: Question): object {
  return { subject: entity('medic', medic), action: { name: 'prescribe' }, resource: entity('hospital', hospital) };
}

function entity(type: string, id: number): object {
  return { type, id: String(id) };
}

/** The naive service returns milliseconds, the others microseconds. */
function withoutFractions(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/(T\d\d:\d\d:\d\d)\.\d+Z/g, '$1Z'));
}
