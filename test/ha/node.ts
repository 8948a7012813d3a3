import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { run } from '../faults/own-postgres.js';
import { childrenOf, launch, render, signal, type Settings } from './programs.js';

export const ADDRESS = '127.0.0.1';

/** How long a node may take to say something, in milliseconds; a frozen one never does. */
const PATIENCE_MS = 500;

/** The state of a node as Patroni reports it. */
export interface Report {
  readonly state: string;
  readonly role: string;
  readonly timeline?: number;
}

/** Patroni and the PostgreSQL that it runs. */
export class Node {
  private patroni: ChildProcess | undefined;
  private frozen: number[] = [];

  /** @param settings of `deploy/ha/patroni.yml` */
  constructor(
    readonly name: string,
    private readonly cluster: string,
    private readonly settings: Settings,
  ) {}

  private get folder(): string {
    return join(this.cluster, this.name);
  }

  get log(): string {
    return join(this.cluster, `patroni-${this.name}.log`);
  }

  get rest(): string {
    return `http://${ADDRESS}:${String(this.settings['REST_PORT'])}`;
  }

  get host(): string {
    return `${ADDRESS}:${String(this.settings['POSTGRES_PORT'])}`;
  }

  async start(): Promise<void> {
    await run(`mkdir -p ${this.folder}`);
    const file = join(this.folder, 'patroni.yml');
    render('patroni.yml', file, this.settings);
    this.patroni = await launch(this.cluster, this.log, 'patroni', file);
  }

  /** @returns what Patroni says, undefined if it says nothing */
  async report(): Promise<Report | undefined> {
    return fetch(`${this.rest}/patroni`, { signal: AbortSignal.timeout(PATIENCE_MS) })
      .then(async (response) => (await response.json()) as Report)
      .catch(() => undefined);
  }

  /** @returns a text that identifies this run of the server, undefined unless it accepts writes */
  async writable(): Promise<string | undefined> {
    const client = new pg.Client({
      connectionString: `postgres://postgres:${String(this.settings['SUPERUSER_PASSWORD'])}@${this.host}/postgres`,
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const sql = 'SELECT pg_is_in_recovery() AS standby, pg_postmaster_start_time()::text AS started';
      const [row] = (await client.query<{ standby: boolean; started: string }>(sql)).rows;
      return row?.standby === false ? `${this.name} ${row.started}` : undefined;
    } catch {
      return undefined;
    } finally {
      void client.end().catch(() => undefined);
    }
  }

  /** kill -9 of the postmaster alone; its children end by themselves. */
  killPostgres(): void {
    signal(this.postmaster(), 'SIGKILL');
  }

  /** kill -9 of Patroni alone; PostgreSQL goes on. */
  async killPatroni(): Promise<void> {
    const { patroni } = this;
    if (patroni === undefined) throw new Error(`Patroni of ${this.name} does not run.`);
    this.patroni = undefined;
    const ended = once(patroni, 'exit');
    patroni.kill('SIGKILL');
    await ended;
  }

  /** kill -9 of everything on the node, as when its machine loses power. */
  async kill(): Promise<void> {
    const all = this.postgres();
    const killed = this.killPatroni();
    for (const pid of all) signal(pid, 'SIGKILL');
    await killed;
  }

  /** Stops everything on the node, without ending it. */
  freeze(): void {
    const patroni = this.patroni?.pid;
    this.hold([...(patroni === undefined ? [] : [patroni]), ...this.postgres()]);
  }

  /** Stops the process that receives the WAL; the server goes on. */
  holdReplication(): void {
    this.hold(
      childrenOf(this.postmaster())
        .filter(({ command }) => command.includes('walreceiver'))
        .map(({ pid }) => pid),
    );
  }

  private hold(pids: number[]): void {
    if (pids.length === 0) throw new Error(`There is nothing to stop on ${this.name}.`);
    for (const pid of pids) signal(pid, 'SIGSTOP');
    this.frozen.push(...pids);
  }

  /** Lets everything continue that was stopped. */
  thaw(): void {
    for (const pid of this.frozen.splice(0)) signal(pid, 'SIGCONT');
  }

  /** Starts the node again if it was killed, and lets it continue if it was stopped. */
  async heal(): Promise<void> {
    this.thaw();
    if (this.patroni === undefined) await this.start();
  }

  private postmaster(): number {
    const [pid = ''] = readFileSync(join(this.folder, 'data/postmaster.pid'), 'utf8').split('\n');
    return Number(pid);
  }

  private postgres(): number[] {
    const postmaster = this.postmaster();
    return [postmaster, ...childrenOf(postmaster).map(({ pid }) => pid)];
  }
}
