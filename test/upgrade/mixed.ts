import { newAsker, usesOfAsker, type Asker } from '../faults/asked.js';
import { by, keepAlive, send, type Reply, type Sent } from '../faults/exchange.js';
import { follow, nothing, poll, type Received } from '../faults/followers.js';
import { isRefused } from '../faults/removals.js';
import { isDecision, Rights, type Right } from '../faults/rights.js';
import type { Scratch } from '../faults/scratch.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { figure } from '../support/figure.js';

const RELEASES = ['old', 'new'] as const;
type Release = (typeof RELEASES)[number];

/** Clients of what only the new release has, and of rights that one release removes and the other one checks. */
export class MixedLoad {
  readonly failures: string[] = [];
  /** How often a right of each kind was removed through each release. */
  rounds = 0;
  /** Acknowledged removals, and the requests after them by the release that got them. */
  readonly removals = { old: 0, new: 0 };
  readonly afterwards = { old: 0, new: 0, decisions: 0, late: 0 };
  /** Questions about a right that stays, all granted. */
  kept = 0;
  /** Names of the hospitals whose creation, with an Idempotency-Key, was repeated. */
  readonly replayed: string[] = [];
  readonly followers: readonly [Received, Received];
  private readonly agent = keepAlive();
  private readonly rights: Rights;
  private readonly clients: Promise<void>[];
  private crossing: Promise<unknown> = Promise.resolve();
  private isOver = false;
  private isCrossing = false;

  /**
   * Starts while a process of the new release is ready.
   * @param urls balancers in front of the processes of each release
   * @param after the last position of the record
   */
  static async start(urls: Record<Release, string>, scratch: Scratch, after: number): Promise<MixedLoad> {
    const { hospital, admin, member } = await scratch.given.hospital();
    const asker = await newAsker(scratch);
    const uses = Object.values(usesOfAsker(asker, member.id, hospital, 'prescribe'));
    const questions = await Promise.all(uses.map(async (make) => (await make())(0)));
    return new MixedLoad(urls, scratch, admin, asker, questions, after);
  }

  private constructor(
    private readonly urls: Record<Release, string>,
    scratch: Scratch,
    private readonly admin: Actor,
    { token }: Asker,
    questions: readonly Sent[],
    after: number,
  ) {
    this.rights = new Rights(scratch, (url, removal) => send(url, removal, this.agent));
    this.followers = [nothing(after), nothing(after)];
    const [one, other] = this.followers;
    const url = () => urls.new;
    const isOver = () => this.isOver;
    const note = (status: number | undefined) => {
      if (status !== 200) this.failures.push(`GET /events: ${String(status)}`);
    };
    const asks = async () => {
      while (!this.isOver)
        for (const question of questions) if ((await this.grants('new', question)) !== undefined) this.kept += 1;
    };
    this.clients = [follow(url, token, one, isOver), poll(url, token, other, isOver, note), asks()];
  }

  /** Starts what needs a process of each release. */
  cross(): void {
    this.isCrossing = true;
    this.crossing = Promise.all([this.removes(), this.repeats()]).catch((error: unknown) => {
      this.failures.push(String(error));
    });
  }

  /** Lets what needs a process of each release end. */
  async endCrossing(): Promise<void> {
    this.isCrossing = false;
    await this.crossing;
  }

  /** Lets the requests in progress end. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all([this.endCrossing(), ...this.clients]);
    this.agent.destroy();
  }

  /** @returns whether a right of each kind was removed through each release since `since` */
  hasCrossed(since: number): boolean {
    if (this.failures.length > 0) throw new Error(`A request failed: ${String(this.failures[0])}`);
    return this.rounds > since;
  }

  private async removes(): Promise<void> {
    const kinds = this.rights.acknowledged;
    for (let turn = 1; this.isCrossing; turn += 1) {
      const [kind, make] = kinds[turn % kinds.length] ?? [];
      if (kind === undefined || make === undefined) throw new Error('There is no such kind.');
      await Promise.all(RELEASES.map(async (release) => this.takesAway(kind, await make(), release)));
      if (turn % kinds.length === 0) this.rounds += 1;
    }
  }

  /** Removes a right through one release. Services ask the new one, and the medic uses both. */
  private async takesAway(kind: string, right: Right, through: Release): Promise<void> {
    const requests: [Release, Sent][] = [];
    for (const [use, make] of Object.entries(right.uses)) {
      if (!isDecision(use) && !use.startsWith('GET ')) continue;
      const request = (await make())(0);
      requests.push(['new', request]);
      if (!isDecision(use)) requests.push(['old', request]);
    }
    for (const [release, request] of requests) await this.grants(release, request);
    await right.takeAway(this.urls[through]);
    this.removals[through] += 1;
    for (const [release, request] of requests) {
      const reply = await this.reply(release, request);
      if (reply === undefined) continue;
      this.afterwards[release] += 1;
      this.afterwards.decisions += Number(request.path.startsWith('/access/v1/'));
      this.afterwards.late += Number(isGranted(request, reply));
      if (isGranted(request, reply) || !isRefused(reply))
        this.failures.push(`${kind} by the ${through} release, then the ${release} one: ${told(request, reply)}`);
    }
  }

  /** Creates hospitals with an Idempotency-Key, changes each through the old release, and repeats the creation. */
  private async repeats(): Promise<void> {
    while (this.isCrossing) {
      const key = `upgrade-${String(this.replayed.length)}`;
      const creation: Sent = {
        ...by(this.admin, 'POST', '/hospital/', { ...HOSPITAL, name: key }),
        headers: { 'idempotency-key': key },
      };
      const first = await this.grants('new', creation);
      const { id } = JSON.parse(first?.text ?? '{}') as { id?: number };
      const path = `/hospital/${String(id)}`;
      await this.grants('old', by(this.admin, 'PATCH', path, { headline: key }));
      const again = await this.grants('new', creation);
      const now = await this.grants('new', by(this.admin, 'GET', path));
      if (again?.headers['idempotent-replayed'] !== 'true' || again.text !== first?.text)
        this.failures.push(`The creation was not replayed: ${String(again?.text)}`);
      if (now?.text.includes(`"headline":"${key}"`) !== true)
        this.failures.push(`The change by the old release is missing: ${String(now?.text)}`);
      this.replayed.push(key);
    }
  }

  /** Sends a request that must be granted. @returns the reply if it was */
  private async grants(release: Release, request: Sent): Promise<Reply | undefined> {
    const reply = await this.reply(release, request);
    if (reply === undefined || isGranted(request, reply)) return reply;
    this.failures.push(told(request, reply));
    return undefined;
  }

  private async reply(release: Release, request: Sent): Promise<Reply | undefined> {
    return send(this.urls[release], request, this.agent).catch((error: unknown) => {
      this.failures.push(`${request.method} ${request.path}: ${String(error)}`);
      return undefined;
    });
  }
}

/** Requires that no request failed, no removed right was granted, and both readers received every position once. */
export function requireSeamless({ failures, removals, afterwards, kept, replayed, followers }: MixedLoad): void {
  figure('rights removed through the old release', removals.old);
  figure('rights removed through the new release', removals.new);
  figure('requests after these removals to the old release', afterwards.old);
  figure('requests after these removals to the new release', afterwards.new);
  figure('decisions, batches and searches among them', afterwards.decisions);
  figure('late allows', afterwards.late);
  figure('questions about a right that stays', kept);
  figure('creations with an Idempotency-Key, changed by the old release and repeated', replayed.length);
  expect(failures).toEqual([]);
  expect(afterwards.late).toBe(0);
  expect([kept, replayed.length].every((count) => count > 0)).toBe(true);
  for (const { positions, after } of followers) {
    figure('entries that a reader of the feed received', positions.length);
    expect(positions.length).toBeGreaterThan(0);
    expect(positions).toEqual(positions.map((_, index) => after + index + 1));
  }
}

function isGranted(request: Sent, reply: Reply): boolean {
  return request.isGranted?.(reply) ?? reply.status < 300;
}

function told({ method, path }: Sent, { status, text }: Reply): string {
  return `${method} ${path}: ${String(status)} ${text}`;
}
