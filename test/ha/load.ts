import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../support/actor.js';
import { usesOfAsker, type Asker } from '../faults/asked.js';
import { by, keepAlive, NoReply, send, type Reply, type Sent } from '../faults/exchange.js';
import { follow, nothing, poll, type Received } from '../faults/followers.js';
import { Rights } from '../faults/rights.js';
import type { Scratch } from '../faults/scratch.js';
import { Askers, askedOf, type Asked } from './askers.js';

/** Pauses after a success and after a refusal, in milliseconds. */
const PAUSE_MS = 5;
const PAUSE_AFTER_REFUSAL_MS = 50;

/** Of how many medics one stays in the hospital. */
const KEPT_EVERY = 3;

/** Kinds of removals after which the key of the requests is a wrong one. */
const ENDS_KEY = /^a (token|service account) is (revoked|rotated)/;

/** The name under which 401s to a key that was taken away are counted. */
export const REFUSED_KEY = '401 to a revoked key';

/** A membership as the writers know it: its type, or one of these. */
export type State = 'MEMBER' | 'ADMIN' | 'absent' | 'removed';

/** The writes of a writer to the membership of one medic. */
export interface Story {
  readonly medic: number;
  readonly hospital: number;
  membership: number | undefined;
  /** The state of the last acknowledged change. */
  acknowledged: State;
  /** The state of a change that got a 503: it may have been stored. */
  unknown: State | undefined;
  /** The types of the entries that the acknowledged changes must have left. */
  readonly entries: string[];
}

/** A hospital with its ADMIN. */
export interface Place {
  readonly hospital: number;
  readonly admin: Actor;
}

/** Writers, removers, askers and readers of the feed, on two processes. */
export class Load {
  readonly stories: Story[] = [];
  /** How many requests got each status; `none` if no complete response came. */
  readonly statuses = new Map<string, number>();
  /** When each change was acknowledged, in milliseconds of {@link performance.now}. */
  readonly acknowledgedAt: number[] = [];
  readonly followers: readonly [Received, Received];
  /** How often a right of each kind was taken away with an acknowledgement. */
  readonly removals = new Map<string, number>();
  readonly askers: Askers;
  private readonly agent = keepAlive();
  private readonly rights: Rights;
  private phase: 'running' | 'reading' | 'over' = 'running';
  private work: Promise<unknown>[] = [];
  private reading: Promise<unknown>[] = [];

  /**
   * @param newcomers ids of medics without memberships
   * @param after the last position that the readers of the feed leave out
   */
  constructor(
    private readonly urls: readonly [string, string],
    private readonly places: readonly Place[],
    private readonly newcomers: number[],
    private readonly asker: Asker,
    scratch: Scratch,
    after: number,
  ) {
    this.followers = [nothing(after), nothing(after)];
    this.askers = new Askers(urls, (url, request, endsKey) => this.send(url, request, endsKey));
    this.rights = new Rights(scratch, async (url, removal) => {
      const reply = await this.send(url, removal);
      if (reply === undefined) throw new NoReply(false, 'ended too early');
      return reply;
    });
    for (const [kind] of this.rights.acknowledged) this.removals.set(kind, 0);
  }

  start(): void {
    const isRunning = () => this.isRunning();
    this.work = [
      ...this.places.map((place, index) => this.write(place, index)),
      ...([0, 1] as const).flatMap((process) => [this.takeAway(process), this.askers.run(process, isRunning)]),
    ];
    const isOver = () => this.phase === 'over';
    const [one, other] = this.followers;
    const { token } = this.asker;
    const count = (status: number | undefined) => {
      this.count(status);
    };
    this.reading = [
      follow(() => this.urls[0], token, one, isOver),
      poll(() => this.urls[1], token, other, isOver, count),
    ];
  }

  /** Stops all but the readers of the feed. */
  async stop(): Promise<void> {
    this.phase = 'reading';
    await Promise.all(this.work);
  }

  async stopReading(): Promise<void> {
    this.phase = 'over';
    await Promise.all(this.reading);
    this.agent.destroy();
  }

  /** A function, because the compiler does not see that the phase changes meanwhile. */
  private isRunning(): boolean {
    return this.phase === 'running';
  }

  private async write({ hospital, admin }: Place, writer: number): Promise<void> {
    for (let turn = 0; this.isRunning(); turn += 1) {
      const medic = this.newcomers.pop();
      if (medic === undefined) throw new Error('There are no more newcomers.');
      const story: Story = {
        medic,
        hospital,
        membership: undefined,
        acknowledged: 'absent',
        unknown: undefined,
        entries: [],
      };
      this.stories.push(story);
      const url = this.urls[(writer + turn) % 2] ?? '';
      const change = async (request: Sent, state: State, entry: string) => {
        await sleep(PAUSE_MS);
        const reply = await this.send(url, request);
        if (reply === undefined || reply.status >= 300) {
          story.unknown = state;
          await sleep(PAUSE_AFTER_REFUSAL_MS);
          return false;
        }
        this.acknowledgedAt.push(performance.now());
        story.acknowledged = state;
        story.entries.push(entry);
        story.membership ??= (JSON.parse(reply.text) as { id: number }).id;
        return true;
      };
      const path = () => `/management/memberships/${String(story.membership)}`;
      const added = by(admin, 'POST', '/management/memberships/', { hospital, medic });
      if (!(await change(added, 'MEMBER', 'membership.created'))) continue;
      if (turn % KEPT_EVERY === 0) {
        this.askers.stays(await this.askedAbout(story));
        continue;
      }
      const promoted = by(admin, 'PATCH', path(), { type_membership: 'ADMIN' });
      if (!(await change(promoted, 'ADMIN', 'membership.changed'))) continue;
      if (!(await change(by(admin, 'DELETE', path()), 'removed', 'membership.removed'))) continue;
      // The process that did not remove it is asked at once.
      await this.askers.isRemoved(await this.askedAbout(story), this.urls[(writer + turn + 1) % 2] ?? '');
    }
  }

  private askedAbout({ medic, hospital }: Story): Promise<Asked> {
    return askedOf(usesOfAsker(this.asker, medic, hospital, 'prescribe'));
  }

  /** Takes rights of all kinds away through one process, and lets the other one be asked. */
  private async takeAway(process: 0 | 1): Promise<void> {
    const [here, there] = [this.urls[process], this.urls[1 - process] ?? ''];
    const kinds = this.rights.acknowledged;
    // The two processes are not at the same kind.
    for (let turn = process * Math.floor(kinds.length / 2); this.isRunning(); turn += 1) {
      const [kind, make] = kinds[turn % kinds.length] ?? [];
      if (kind === undefined || make === undefined) throw new Error('There is no such kind.');
      try {
        const right = await make();
        const asked = await askedOf(right.uses, ENDS_KEY.test(kind));
        await this.askers.isKept(asked, here);
        await right.takeAway(here);
        this.removals.set(kind, (this.removals.get(kind) ?? 0) + 1);
        await this.askers.isRemoved(asked, there);
      } catch {
        // Without the primary, a right is not created, or it is not known whether it is taken away.
        await sleep(PAUSE_AFTER_REFUSAL_MS);
      }
    }
  }

  private async send(url: string, request: Sent, endsKey = false): Promise<Reply | undefined> {
    const reply = await send(url, request, this.agent).catch(() => undefined);
    this.count(endsKey && reply?.status === 401 ? REFUSED_KEY : reply?.status);
    return reply;
  }

  private count(status: number | string | undefined): void {
    const name = status === undefined ? 'none' : String(status);
    this.statuses.set(name, (this.statuses.get(name) ?? 0) + 1);
  }
}
