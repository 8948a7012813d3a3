import fc from 'fast-check';
import { Agent } from 'node:http';
import { ServedDocument, type Document } from '../support/document.js';
import { figure } from '../support/figure.js';
import { isServer } from '../support/server.js';
import { problemsOf } from './checker.js';
import { operationsOf, type OpenApi, type Operation } from './operations.js';
import { requestOf, type FuzzRequest } from './requests.js';
import { newScene } from './scene.js';
import { nameOf, Tally } from './tally.js';
import { startTarget, type Target } from './target.js';
import { asCommand, Dropped, exchange } from './wire.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? (isServer ? 20_000 : 4_000));
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));

/** Number of connections, and number of requests per connection before the scene is created again. */
const CONNECTIONS = 8;
const IN_A_SCENE = 50;

/** Number of failed requests that are printed. */
const SHOWN = 20;

let target: Target;
let served: ServedDocument;
let operations: Operation[];
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

beforeAll(async () => {
  target = await startTarget();
  const document = (await (await fetch(`${target.url}/openapi.json`)).json()) as OpenApi & Document;
  served = new ServedDocument(document);
  operations = operationsOf(document);
});
afterAll(async () => {
  agent.destroy();
  await target.stop();
});

/** @returns the problem of the response and a command that repeats the request */
async function problemOf(request: FuzzRequest, tally: Tally): Promise<string[]> {
  const reply = await exchange(target.url, agent, request).catch((error: unknown) => error as Dropped);
  if (reply instanceof Dropped) {
    const before = reply.before === undefined ? '' : `\n  After, on the same connection: ${asCommand(reply.before)}`;
    return [`${asCommand(request)}\n  The connection was dropped: ${reply.message}${before}`];
  }
  tally.note(request, reply.status);
  const problems = problemsOf(served, request, reply);
  return problems.length === 0 ? [] : [[asCommand(request), String(reply.status), ...problems].join('\n  ')];
}

test('every response to hostile input is documented and leaks nothing', async () => {
  process.stdout.write(`${String(REQUESTS)} requests, FUZZ_SEED=${String(SEED)}\n`);
  const tally = new Tally();
  const failures: string[] = [];
  let begun = 0;
  const connection = async () => {
    while (begun < REQUESTS && failures.length < SHOWN) {
      const scene = await newScene(target.given, target.dataSource);
      const numRuns = Math.min(IN_A_SCENE, REQUESTS - begun);
      const seed = SEED + begun;
      begun += numRuns;
      for (const request of fc.sample(requestOf(operations, scene), { seed, numRuns })) {
        if (failures.length < SHOWN) failures.push(...(await problemOf(request, tally)));
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  figure('requests of the fuzzer', tally.requests);
  figure('operations', operations.length);
  figure('requests granted', tally.count(200, 399));
  figure('requests refused', tally.count(400, 499));
  figure('answers that are wrong', failures.length);
  if (failures.length > 0) throw new Error(`With FUZZ_SEED=${String(SEED)}:\n${failures.slice(0, SHOWN).join('\n')}`);
  expectReached(tally);
  expect(target.log().filter((line) => !/"level":(10|20|30|40)\b/.test(line))).toEqual([]);
}, 600_000);

/** Statuses that cannot occur here: limits are off, and the database is available. */
const NOT_SOUGHT = ['429', '503'];

/** Refusals of the HTTP parser. It knows no routes, so an operation may have no other refusal, and these are rare. */
const OF_THE_PARSER = ['400', '408', '431'];
const RARE = [...NOT_SOUGHT, ...OF_THE_PARSER];

/**
 * Fails if an operation was never granted or never refused, because then the run has not tested it. An operation that
 * only the parser refuses need not be refused.
 */
function expectReached(tally: Tally): void {
  const seen = operations.flatMap((operation) =>
    operation.statuses
      .filter((status) => !NOT_SOUGHT.includes(status))
      .map((status) => ({
        name: `${nameOf(operation)} ${status}`,
        kind: status.charAt(0),
        operation,
        count: tally.of(operation, status),
      })),
  );
  figure('documented answers', seen.length);
  figure('of them seen', seen.filter(({ count }) => count > 0).length);
  const missing = seen.filter(({ count }) => count === 0).map(({ name }) => name);
  if (missing.length > 0) process.stdout.write(`Not seen: ${missing.join(', ')}\n`);
  const unreached = operations.filter((operation) => {
    const isRefusable = operation.statuses.some((status) => /^4/.test(status) && !RARE.includes(status));
    const kinds = isRefusable ? ['2', '4'] : ['2'];
    return kinds.some((kind) => {
      const ofKind = seen.filter((s) => s.operation === operation && s.kind === kind);
      return ofKind.length > 0 && ofKind.every(({ count }) => count === 0);
    });
  });
  expect(unreached.map(nameOf)).toEqual([]);
}
