import { setTimeout as sleep } from 'node:timers/promises';
import { Stream } from '../record/feed.js';
import { until } from '../support/until.js';

/** How long a reader waits after a refusal, in milliseconds. */
const PAUSE_MS = 20;

/** The entries that a reader of the feed has received so far. */
export interface Received {
  /** The last position before the first that it reads. */
  readonly after: number;
  readonly positions: number[];
  readonly bodies: string[];
}

/** @returns what a reader has received before it begins, after this position */
export function nothing(after = 0): Received {
  return { after, positions: [], bodies: [] };
}

/** Follows the feed by event streams, and reconnects with the id of the last event. */
export async function follow(url: () => string, key: string, received: Received, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const last = String(received.positions.at(-1) ?? received.after);
    const stream = await Stream.open(url(), key, '', { 'last-event-id': last }).catch(() => undefined);
    if (stream === undefined) {
      await sleep(PAUSE_MS);
      continue;
    }
    let taken = 0;
    await until(() => {
      const events = stream.blocks.filter(({ data }) => data !== undefined).slice(taken);
      taken += events.length;
      received.positions.push(...events.map(({ id }) => Number(id)));
      received.bodies.push(...events.map(({ data = '' }) => data));
      return stream.hasEnded || isOver();
    });
    stream.close();
  }
}

/** Follows the feed by requests that wait, counted by their positions. @param note called with each status */
export async function poll(
  url: () => string,
  key: string,
  received: Received,
  isOver: () => boolean,
  note?: (status: number | undefined) => void,
): Promise<void> {
  while (!isOver()) {
    const after = String(received.positions.at(-1) ?? received.after);
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(`${url()}/events?wait=1&limit=50&after=${after}`, { headers }).catch(() => undefined);
    const text = answer?.ok === true ? await answer.text().catch(() => undefined) : undefined;
    note?.(answer?.ok === true && text === undefined ? undefined : answer?.status);
    if (text === undefined) {
      await sleep(PAUSE_MS);
      continue;
    }
    const { data } = JSON.parse(text) as { data: { position: number }[] };
    received.positions.push(...data.map(({ position }) => position));
    received.bodies.push(...data.map((entry) => JSON.stringify(entry)));
  }
}
