import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply, Sent } from '../faults/exchange.js';
import { isDecision, type Uses } from '../faults/rights.js';

/** Pauses after a response and after a refusal, in milliseconds. */
const PAUSE_MS = 5;
const PAUSE_AFTER_REFUSAL_MS = 50;

/** A right, and the requests that use it without changing anything. */
export interface Asked {
  readonly requests: readonly (readonly [use: string, request: Sent])[];
  /** Whether the requests come with a key that ends with the right, so that their refusal is a 401. */
  readonly endsKey: boolean;
}

/**
 * @returns the right with the questions of services about it, or the reads of a medic if services do not ask about it
 */
export async function askedOf(uses: Uses, endsKey = false): Promise<Asked> {
  const all = Object.entries(uses);
  const decisions = all.filter(([use]) => isDecision(use));
  const chosen = decisions.length > 0 ? decisions : all.filter(([use]) => use.startsWith('GET '));
  return { requests: await Promise.all(chosen.map(async ([use, make]) => [use, (await make())(0)] as const)), endsKey };
}

/** Sends a request. @returns the reply, undefined if no complete one came */
type Send = (url: string, request: Sent, endsKey: boolean) => Promise<Reply | undefined>;

/** Asks about rights that were taken away, and about some that stay. */
export class Askers {
  /** Requests that started after an acknowledged removal, those of services among them, and those granted. */
  readonly late = { asked: 0, decisions: 0, allowed: 0 };
  /** Requests about rights that nobody takes away meanwhile, and those refused. */
  readonly kept = { asked: 0, denied: 0 };
  private readonly removed: Asked[] = [];
  private readonly staying: Asked[] = [];

  constructor(
    private readonly urls: readonly [string, string],
    private readonly send: Send,
  ) {}

  stays(right: Asked): void {
    this.staying.push(right);
  }

  /** Notes an acknowledged removal, and asks one process at once, in every way. */
  async isRemoved(right: Asked, url: string): Promise<void> {
    this.removed.push(right);
    await Promise.all(right.requests.map((_, way) => this.ask(right, way, url, 'removed')));
  }

  /** Asks in every way before a removal. */
  async isKept(right: Asked, url: string): Promise<void> {
    await Promise.all(right.requests.map((_, way) => this.ask(right, way, url, 'kept')));
  }

  /** Asks one process, one request after the other, half of the time about what was removed last. */
  async run(process: 0 | 1, isRunning: () => boolean): Promise<void> {
    const url = this.urls[process];
    for (let turn = 0; isRunning(); turn += 1) {
      const [removed, kept] = [turn % 2 === 0 ? this.removed.at(-1) : any(this.removed), any(this.staying)];
      const way = Math.floor(turn / 2);
      if (removed !== undefined) await this.ask(removed, way, url, 'removed');
      if (kept !== undefined) await this.ask(kept, way, url, 'kept');
      await sleep(PAUSE_MS);
    }
  }

  /** Asks both processes about everything that was removed, in every way. */
  async askAboutAll(): Promise<void> {
    const askOne = async (url: string) => {
      for (const right of this.removed)
        for (const way of right.requests.keys()) while (!(await this.ask(right, way, url, 'removed')));
    };
    await Promise.all(this.urls.map(askOne));
  }

  /** @returns whether the answer was not a 503 */
  private async ask(right: Asked, way: number, url: string, fate: 'removed' | 'kept'): Promise<boolean> {
    const [use, request] = right.requests[way % right.requests.length] ?? [];
    if (use === undefined || request === undefined) throw new Error('There is no such question.');
    const reply = await this.send(url, request, right.endsKey && fate === 'removed');
    if (reply === undefined || reply.status === 503) {
      await sleep(PAUSE_AFTER_REFUSAL_MS);
      return false;
    }
    const isGranted = request.isGranted?.(reply) ?? reply.status < 300;
    if (fate === 'removed') {
      this.late.asked += 1;
      this.late.decisions += Number(isDecision(use));
      this.late.allowed += Number(isGranted);
    } else {
      this.kept.asked += 1;
      this.kept.denied += Number(!isGranted);
    }
    return true;
  }
}

function any<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
