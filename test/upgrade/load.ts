import { keepAlive, send, type Sent } from '../faults/exchange.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { API } from '../support/client.js';

/** The changes that clients were told are stored. */
export interface Acknowledged {
  /** Names of hospitals and emails of medics. */
  readonly hospitals: string[];
  readonly medics: string[];
  /** The state of each membership that the load changes. */
  readonly memberships: Map<number, { type: string; is_deleted: boolean }>;
  /** Keys that were revoked. */
  readonly revoked: string[];
}

/** Clients that read and write without a pause, each over a persistent connection, and expect one status for each request. */
export class Load {
  readonly acknowledged: Acknowledged = { hospitals: [], medics: [], memberships: new Map(), revoked: [] };
  readonly failures: string[] = [];
  granted = 0;
  /** The longest time that a request took, in milliseconds. */
  slowest = 0;
  private readonly agent = keepAlive();
  private readonly users: Promise<void>[];
  private isOver = false;

  /**
   * @param url the balancer
   * @param hospital one that the medic with the key `admin` administers
   * @param key of a medic whose key the load replaces
   * @param members medics without a membership in it
   */
  constructor(
    private readonly url: string,
    private readonly admin: string,
    private readonly hospital: number,
    private key: string,
    members: readonly number[],
  ) {
    this.users = [
      this.repeat(() => this.reads()),
      this.repeat(() => this.reads()),
      this.repeat((turn) => this.creates(turn)),
      this.repeat(() => this.rotates()),
      ...members.map((medic) => this.joins(medic)),
    ];
  }

  /** Lets the requests in progress end. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.users);
    this.agent.destroy();
  }

  /** @returns whether this many requests have succeeded since `since` */
  hasServed(count: number, since: number): boolean {
    if (this.failures.length > 0) throw new Error(`A request failed: ${String(this.failures[0])}`);
    return this.granted >= since + count;
  }

  private async repeat(work: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; !this.isOver; turn += 1) await work(turn);
  }

  private async reads(): Promise<void> {
    await this.ask(200, 'GET', '/management/memberships/');
    await this.ask(200, 'GET', `/memberships/${String(this.hospital)}`);
    await this.ask(200, 'GET', '/medics/me/');
    await this.ask(200, 'GET', '/locations/');
  }

  private async creates(turn: number): Promise<void> {
    const name = `Hospital ${String(turn)}`;
    if (await this.ask(201, 'POST', '/hospital/', { ...HOSPITAL, name })) this.acknowledged.hospitals.push(name);
    const medic = medicBody();
    if (await this.ask(201, 'POST', '/medics/', medic)) this.acknowledged.medics.push(medic.email);
  }

  /** Replaces the key of a medic again and again. */
  private async rotates(): Promise<void> {
    const old = this.key;
    const body = await this.ask(200, 'POST', '/token-auth/rotate/?grace=0', undefined, old);
    if (body === undefined) return;
    this.key = (JSON.parse(body) as { token: string }).token;
    this.acknowledged.revoked.push(old);
    await this.ask(401, 'GET', '/medics/me/', undefined, old);
    await this.ask(200, 'GET', '/medics/me/', undefined, this.key);
  }

  /** Adds a medic to the hospital, then changes, removes and restores the membership again and again. */
  private async joins(medic: number): Promise<void> {
    const added = await this.ask(201, 'POST', '/management/memberships/', { medic, hospital: this.hospital });
    if (added === undefined) return;
    const { id } = JSON.parse(added) as { id: number };
    const path = `/management/memberships/${String(id)}`;
    const states = this.acknowledged.memberships;
    states.set(id, { type: 'MEMBER', is_deleted: false });
    await this.repeat(async (turn) => {
      const type = turn % 2 === 0 ? 'ADMIN' : 'MEMBER';
      if (await this.ask(201, 'PATCH', path, { type_membership: type })) states.set(id, { type, is_deleted: false });
      if (await this.ask(201, 'DELETE', path)) states.set(id, { type, is_deleted: true });
      if (await this.ask(201, 'PATCH', path, { is_deleted: false })) states.set(id, { type, is_deleted: false });
    });
  }

  /** Sends one request. @returns the body if the status is the expected one */
  private async ask(
    status: number,
    method: string,
    path: string,
    body?: object,
    token = this.admin,
  ): Promise<string | undefined> {
    const sent: Sent = { method, path: API + path, token, ...(body === undefined ? {} : { body }) };
    const began = performance.now();
    const reply = await send(this.url, sent, this.agent).catch((error: unknown) => error as Error);
    this.slowest = Math.max(this.slowest, performance.now() - began);
    if (!(reply instanceof Error) && reply.status === status) {
      this.granted += 1;
      return reply.text === '' ? ' ' : reply.text;
    }
    this.failures.push(
      `${method} ${path}: ${reply instanceof Error ? reply.message : `${String(reply.status)} ${reply.text}`}`,
    );
    return undefined;
  }
}
