import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../support/actor.js';
import { usesOfAsker, type Asker } from '../faults/asked.js';
import { by, keepAlive, send, type Reply, type Sent } from '../faults/exchange.js';
import { follow, nothing, poll, type Received } from '../faults/followers.js';

/** Pauses after a success and after a refusal, in milliseconds. */
const PAUSE_MS = 5;
const PAUSE_AFTER_REFUSAL_MS = 50;

/** Of how many medics one stays in the hospital. */
const KEPT_EVERY = 3;

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

/** Writers, askers and readers of the feed, on two processes. */
export class Load {
  readonly stories: Story[] = [];
  /** How many requests got each status; `none` if no complete response came. */
  readonly statuses = new Map<string, number>();
  /** When each change was acknowledged, in milliseconds of {@link performance.now}. */
  readonly acknowledgedAt: number[] = [];
  readonly followers: readonly [Received, Received];
  /** Decisions about removed memberships that were `true`, and requests for them. */
  readonly late = { asked: 0, allowed: 0 };
  /** Decisions about memberships that nobody removes that were `false`, and requests for them. */
  readonly kept = { asked: 0, denied: 0 };
  private readonly agent = keepAlive();
  private readonly removed: Story[] = [];
  private readonly staying: Story[] = [];
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
    after: number,
  ) {
    this.followers = [nothing(after), nothing(after)];
  }

  start(): void {
    this.work = [...this.places.map((place, index) => this.write(place, index)), this.ask(0), this.ask(1)];
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
        this.staying.push(story);
        continue;
      }
      const promoted = by(admin, 'PATCH', path(), { type_membership: 'ADMIN' });
      if (!(await change(promoted, 'ADMIN', 'membership.changed'))) continue;
      if (!(await change(by(admin, 'DELETE', path()), 'removed', 'membership.removed'))) continue;
      this.removed.push(story);
      // The process that did not remove it is asked at once.
      await this.askAbout(story, this.urls[(writer + turn + 1) % 2] ?? '', 'removed');
    }
  }

  /** Asks one process without a pause, half of the time about what was removed last. */
  private async ask(process: 0 | 1): Promise<void> {
    for (let turn = 0; this.isRunning(); turn += 1) {
      const [removed, kept] = [turn % 2 === 0 ? this.removed.at(-1) : any(this.removed), any(this.staying)];
      const url = this.urls[process];
      if (removed !== undefined) await this.askAbout(removed, url, 'removed');
      if (kept !== undefined) await this.askAbout(kept, url, 'kept');
      await sleep(PAUSE_MS);
    }
  }

  private async askAbout({ medic, hospital }: Story, url: string, fate: 'removed' | 'kept'): Promise<void> {
    const make = usesOfAsker(this.asker, medic, hospital, 'prescribe')['POST /access/v1/evaluation'];
    const question = (await make?.())?.(0);
    if (question === undefined) throw new Error('There is no such question.');
    const reply = await this.send(url, question);
    if (reply?.status !== 200) {
      await sleep(PAUSE_AFTER_REFUSAL_MS);
      return;
    }
    const isGranted = question.isGranted?.(reply) === true;
    if (fate === 'removed') {
      this.late.asked += 1;
      this.late.allowed += Number(isGranted);
    } else {
      this.kept.asked += 1;
      this.kept.denied += Number(!isGranted);
    }
  }

  private async send(url: string, request: Sent): Promise<Reply | undefined> {
    const reply = await send(url, request, this.agent).catch(() => undefined);
    this.count(reply?.status);
    return reply;
  }

  private count(status: number | undefined): void {
    const name = status === undefined ? 'none' : String(status);
    this.statuses.set(name, (this.statuses.get(name) ?? 0) + 1);
  }
}

function any<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
