import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './compare.js';
import type { Scene } from './scene.js';
import { databaseCpu, databaseCpuSince } from './servers.js';

/** Entries per request of the reader that reads as fast as it can. */
const PAGE = 1000;
/** Pairs of changes per second while deliveries are measured. */
const PAIRS_PER_SECOND = 25;
/** Time for the last deliveries, in milliseconds. */
const LAST_MS = 2000;

/** How a reader follows the feed. */
export type Delivery = 'long poll' | 'event stream';

interface Page {
  readonly data: readonly { readonly at: string }[];
  readonly next: number;
  readonly head: number;
}

/** The entries that one reader got, and the processor time of service and PostgreSQL for it, in microseconds. */
export interface FeedReading {
  readonly entries: number;
  readonly bytes: number;
  readonly cpu: number;
  readonly databaseCpu: number;
}

/** Reads the record from its beginning, one page after another, and begins again at its end. */
export async function readFeed({ scene, server }: Contender, seconds: number): Promise<FeedReading> {
  const [cpu, database] = [server.cpu(), databaseCpu()];
  const until = performance.now() + seconds * 1000;
  let [after, entries, bytes] = [0, 0, 0];
  while (performance.now() < until) {
    const text = await textOf(`${server.url}/events?after=${String(after)}&limit=${String(PAGE)}`, scene);
    const next = Number(/"next":(\d+),"head":\d+\}$/.exec(text)?.[1]);
    entries += next - after;
    bytes += text.length;
    after = next === after ? 0 : next;
  }
  return { entries, bytes, cpu: server.cpu() - cpu, databaseCpu: databaseCpuSince(database) };
}

/**
 * Changes memberships through the service at a steady pace while one reader follows the feed.
 * @returns the times from the change, by the `at` of its entry right before the commit, to its delivery, in milliseconds
 */
export async function deliveriesBy(kind: Delivery, contender: Contender, seconds: number): Promise<number[]> {
  const { scene, server } = contender;
  const { head } = JSON.parse(await textOf(`${server.url}/events?limit=1`, scene)) as Page;
  const latencies: number[] = [];
  const note = (at: string) => latencies.push(now() - instantOf(at));
  const end = new AbortController();
  const follow = kind === 'long poll' ? pollFrom : streamFrom;
  const reader = follow(`${server.url}/events`, scene, head, note, end.signal).catch((error: unknown) => {
    if (!end.signal.aborted) throw error;
  });
  // The first entry would otherwise wait for the connection.
  await sleep(500);
  await change(contender, seconds);
  await sleep(LAST_MS);
  end.abort();
  await reader;
  return latencies;
}

type Follow = (
  url: string,
  scene: Scene,
  after: number,
  note: (at: string) => void,
  signal: AbortSignal,
) => Promise<void>;

const pollFrom: Follow = async (url, scene, first, note, signal) => {
  for (let after = first; ;) {
    const text = await textOf(`${url}?after=${String(after)}&wait=30&limit=${String(PAGE)}`, scene, signal);
    const { data, next } = JSON.parse(text) as Page;
    for (const { at } of data) note(at);
    after = next;
  }
};

const streamFrom: Follow = async (url, scene, after, note, signal) => {
  const headers = { ...headersOf(scene), accept: 'text/event-stream' };
  const response = await fetch(`${url}?after=${String(after)}`, { headers, signal });
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith('data: ')) note((JSON.parse(line.slice('data: '.length)) as { at: string }).at);
  }
};

async function change({ scene, server }: Contender, seconds: number): Promise<void> {
  const count = seconds * PAIRS_PER_SECOND;
  const began = performance.now();
  for (let number = 0; number < count; number += 1) {
    const actor = scene.actors[number % scene.actors.length];
    const member = actor?.members[Math.floor(number / scene.actors.length) % actor.members.length];
    // The second changes something, whatever the type was.
    for (const type of ['ADMIN', 'MEMBER']) {
      const response = await fetch(`${server.url}/api/v2/management/memberships/${String(member)}`, {
        method: 'PATCH',
        headers: { authorization: `Token ${actor?.key ?? ''}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type_membership: type }),
      });
      if (response.status !== 201) throw new Error(`A change is refused with ${String(response.status)}.`);
      await response.arrayBuffer();
    }
    await sleep(began + ((number + 1) * 1000) / PAIRS_PER_SECOND - performance.now());
  }
}

async function textOf(url: string, scene: Scene, signal: AbortSignal | null = null): Promise<string> {
  const response = await fetch(url, { headers: headersOf(scene), signal });
  if (!response.ok) throw new Error(`${url} responds with ${String(response.status)}.`);
  return response.text();
}

function headersOf({ serviceKey }: Scene): Record<string, string> {
  return { authorization: `Bearer ${serviceKey}` };
}

/** @returns milliseconds since 1970, with fractions */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** @param at an instant with microseconds. @returns milliseconds since 1970, with fractions */
function instantOf(at: string): number {
  return Date.parse(`${at.slice(0, 19)}Z`) + Number(`0${at.slice(19, -1)}`) * 1000;
}
