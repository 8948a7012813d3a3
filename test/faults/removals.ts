import type { Agent } from 'node:http';
import { figure } from '../support/figure.js';
import { until } from '../support/until.js';
import { send, type Reply } from './exchange.js';
import { isDecision, Rights, type Right, type Use } from './rights.js';
import type { Scratch } from './scratch.js';

/** How often each kind of right is removed; set `REVOKED_ROUNDS` to fewer on a slow machine. */
export const ROUNDS = Number(process.env['REVOKED_ROUNDS'] ?? 200);

/** On a busy machine all rounds take longer than the time that other tests have, in milliseconds. */
export const PATIENCE_MS = 1_200_000;

/** How many decisions must start after the response to a removal, for each round of all kinds: 5,000 in 50 rounds. */
const DECISIONS = 100;

/** Number of rights that are used and removed concurrently. */
const LANES = 4;

/** In how many ways a right is used at a time at each URL; each round takes other ways. */
const USES = 3;

/** How many requests must start at each URL, in each way, after the response to the removal; decisions cost less. */
const AFTERWARDS = 2;
const DECISIONS_AFTERWARDS = 4;

/** Hashing a password costs more than all other uses together, so this use is rarer. */
const COSTLY = 'POST /medics with hospital';
const COSTLY_EVERY = 10;

/** Where clients send requests. */
export interface Service {
  /** One URL for each group of clients; two of them may be the same. */
  readonly urls: readonly string[];
  readonly agent: Agent;
}

/** Requests that started after the response to a removal. */
interface Seen {
  requests: number;
  late: number;
}

/** @returns whether a reply refuses a right that was taken away */
export function isRefused({ status, text }: Reply): boolean {
  return (
    // A decision that denies, or a search that finds nothing.
    status === 200 ||
    status === 401 ||
    status === 404 ||
    (status === 400 && text.includes('You do not have sufficient permissions'))
  );
}

/** @returns some of the ways to use a right, different in each round */
function choose({ uses }: Right, round: number): [name: string, make: () => Promise<Use>][] {
  const cheap = Object.entries(uses).filter(([name]) => name !== COSTLY);
  const chosen = Array.from({ length: USES }, (_, index) => cheap[(round * USES + index) % cheap.length]);
  const costly = round % COSTLY_EVERY === 0 ? Object.entries(uses).filter(([name]) => name === COSTLY) : [];
  return [...chosen.filter((use) => use !== undefined), ...costly];
}

/** Uses a right at every URL without a pause, and removes it through one of them meanwhile. */
async function takeAway(
  { urls, agent }: Service,
  right: Right,
  round: number,
  note: (use: string, isLate: boolean) => void,
) {
  let phase: 'before' | 'during' | 'after' = 'before';
  /** A function, because the compiler does not see that the phase changes during a request. */
  const now = (): string => phase;
  const granted: number[] = [];
  const users = urls
    .flatMap((url) => choose(right, round).map((use) => [url, ...use] as const))
    .map(async ([url, name, make], user) => {
      granted[user] = 0;
      const use = await make();
      const enough = isDecision(name) ? DECISIONS_AFTERWARDS : AFTERWARDS;
      for (let turn = 0, observed = 0; observed < enough; turn += 1) {
        const startedIn = now();
        const request = use(turn);
        const reply = await send(url, request, agent);
        const isGranted = request.isGranted?.(reply) ?? reply.status < 300;
        // A request that overtakes the removal may still succeed; no other response is allowed.
        if (!isGranted && (!isRefused(reply) || now() === 'before'))
          throw new Error(`${request.method} ${request.path} answers ${String(reply.status)} ${reply.text}`);
        if (startedIn === 'after') {
          observed += 1;
          note(name, isGranted);
        } else if (isGranted) granted[user] = (granted[user] ?? 0) + 1;
      }
    });
  const removing = until(() => granted.every((count) => count > 0)).then(async () => {
    phase = 'during';
    await right.takeAway(urls[round % urls.length] ?? '');
    phase = 'after';
  });
  await Promise.all([removing, ...users]);
}

/**
 * Removes rights of every kind while clients use them, and expects that no request succeeds that starts after the
 * response to the removal.
 * @param rounds how often each kind is removed
 */
export async function expectNoLateAllow(scratch: Scratch, service: Service, rounds: number): Promise<void> {
  const rights = new Rights(scratch, (url, removal) => send(url, removal, service.agent));
  await rights.addNewcomers(250 * rounds);
  const kinds = Object.entries(rights.kinds);
  const ofKind = new Map<string, Seen>(kinds.map(([kind]) => [kind, { requests: 0, late: 0 }]));
  const ofUse = new Map<string, number>();
  let next = 0;
  const lane = async () => {
    while (next < rounds * kinds.length) {
      const [[kind, make] = ['', undefined], round] = [kinds[next % kinds.length], Math.floor(next / kinds.length)];
      next += 1;
      const seen = ofKind.get(kind);
      if (make === undefined || seen === undefined) throw new Error('There is no such kind.');
      await takeAway(service, await make(), round, (use, isLate) => {
        seen.requests += 1;
        seen.late += Number(isLate);
        ofUse.set(use, (ofUse.get(use) ?? 0) + 1);
      });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const [kind, { requests, late }] of ofKind) {
    figure(`times that ${kind}`, rounds);
    figure('requests that start after its answer', requests);
    figure('late allows', late);
  }
  for (const [use, requests] of ofUse) figure(`of all these, by ${use}`, requests);
  figure('requests that start after a removal', sum([...ofUse.values()]));
  const decisions = [...ofUse].filter(([use]) => isDecision(use)).map(([, requests]) => requests);
  figure('decisions, batches and searches among them', sum(decisions));
  expect(sum(decisions)).toBeGreaterThanOrEqual(DECISIONS * rounds);
  const all = [...ofKind.values()];
  for (const { requests } of all)
    expect(requests).toBeGreaterThanOrEqual(rounds * USES * AFTERWARDS * service.urls.length);
  expect(all.map(({ late }) => late)).toEqual(all.map(() => 0));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
