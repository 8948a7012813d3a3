import { execFile, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { newFolder, postgresPrograms, run } from '../faults/own-postgres.js';
import { lastingPort } from '../support/free-port.js';
import { until } from '../support/until.js';
import { ADDRESS, Node } from './node.js';
import { endCluster, launch, render, signal, startReaper, type Settings } from './programs.js';

const NAMES = ['a', 'b', 'c'] as const;

const PASSWORDS = {
  REST_PASSWORD: 'of the patroni',
  SUPERUSER_PASSWORD: 'of-the-superuser',
  REPLICATION_PASSWORD: 'of-the-replicator',
  REWIND_PASSWORD: 'of-the-rewinder',
};

/** Passwords of the roles of `deploy/roles.sh`. */
const ROLES = { OWNER_PASSWORD: 'of-the-owner', SERVER_PASSWORD: 'of-the-server' };

/** Three nodes of PostgreSQL under Patroni, three of etcd, and HAProxy, from the files of `deploy/ha`. */
export class Cluster {
  private readonly etcd: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly reaper: ChildProcess,
    readonly nodes: readonly Node[],
    private readonly port: number,
  ) {}

  /** @returns once the database is migrated, and a write waits for a standby */
  static async start(): Promise<Cluster> {
    const folder = await newFolder();
    const reaper = startReaper(folder);
    try {
      return await Cluster.startIn(folder, reaper);
    } catch (error) {
      await endCluster(folder, reaper);
      throw error;
    }
  }

  private static async startIn(folder: string, reaper: ChildProcess): Promise<Cluster> {
    const settings = await Promise.all(NAMES.map((name) => settingsOf(name, folder)));
    const members = settings.map(({ NAME, ETCD_PEER_PORT }) => `${NAME}=http://${ADDRESS}:${String(ETCD_PEER_PORT)}`);
    const shared = {
      ...PASSWORDS,
      ETCD_MEMBERS: members.join(','),
      ETCD_HOSTS: settings.map(({ ETCD_PORT }) => `${ADDRESS}:${String(ETCD_PORT)}`).join(','),
      POSTGRES_BIN: postgresPrograms(),
      NETWORK: `${ADDRESS}/32`,
      WATCHDOG: 'off',
    };
    const nodes = settings.map((own) => new Node(own.NAME, folder, { ...shared, ...own }));
    const port = await lastingPort();
    const cluster = new Cluster(folder, reaper, nodes, port);
    for (const own of settings) await cluster.startEtcd({ ...shared, ...own });
    await cluster.startHaproxy(settings);
    // The first node creates the cluster, and the others copy it.
    for (const node of nodes) {
      await node.start();
      await until(async () => (await node.report())?.state === 'running');
    }
    await cluster.healthy();
    await cluster.createDatabase();
    return cluster;
  }

  /** The URL of the service's role, through HAProxy. */
  get url(): string {
    return this.urlOf('memberships_server', ROLES.SERVER_PASSWORD);
  }

  /** The URL of the schema's owner, through HAProxy. */
  get ownerUrl(): string {
    return this.urlOf('memberships_owner', ROLES.OWNER_PASSWORD);
  }

  private urlOf(role: string, password: string): string {
    return `postgres://${role}:${password}@${ADDRESS}:${String(this.port)}/memberships`;
  }

  /** @returns once one node is the primary, and the others follow it, one of them synchronously */
  async healthy(): Promise<void> {
    await until(async () => {
      const reports = await Promise.all(this.nodes.map((node) => node.report()));
      const roles = await this.members();
      return (
        reports.every((report) => report?.state === 'running' && report.timeline === reports[0]?.timeline) &&
        roles
          .map(({ role }) => role)
          .sort()
          .join() === 'leader,replica,sync_standby'
      );
    });
  }

  /** @returns the node whose role in the cluster is `role` */
  async nodeOf(role: 'leader' | 'sync_standby'): Promise<Node> {
    const { name } = await until(async () => (await this.members()).find((member) => member.role === role));
    const node = this.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`There is no node ${name}.`);
    return node;
  }

  /** Hands the primary's role to the synchronous standby. @returns Patroni's answer */
  async switchOver(): Promise<number> {
    const [leader, candidate] = [await this.nodeOf('leader'), await this.nodeOf('sync_standby')];
    const authorization = `Basic ${Buffer.from(`patroni:${PASSWORDS.REST_PASSWORD}`).toString('base64')}`;
    const body = JSON.stringify({ leader: leader.name, candidate: candidate.name });
    const response = await fetch(`${leader.rest}/switchover`, { method: 'POST', headers: { authorization }, body });
    return response.status;
  }

  /** @returns a text that identifies the server that accepts writes, once there is one other than `former` */
  async primary(former?: string): Promise<string> {
    return until(async () => {
      const found = await Promise.all(this.nodes.map((node) => node.writable()));
      return found.find((server) => server !== undefined && server !== former);
    });
  }

  freezeEtcd(): void {
    for (const { pid } of this.etcd) if (pid !== undefined) signal(pid, 'SIGSTOP');
  }

  /** Lets everything continue and starts what was killed. @returns once the cluster is healthy again */
  async heal(): Promise<void> {
    for (const { pid } of this.etcd) if (pid !== undefined) signal(pid, 'SIGCONT');
    for (const node of this.nodes) await node.heal();
    await this.healthy();
  }

  /** Kills everything, and removes the folder. */
  async remove(): Promise<void> {
    for (const node of this.nodes) node.thaw();
    await endCluster(this.folder, this.reaper);
  }

  private async members(): Promise<{ name: string; role: string }[]> {
    const answers = await Promise.all(
      this.nodes.map(({ rest }) =>
        fetch(`${rest}/cluster`, { signal: AbortSignal.timeout(1000) })
          .then(async (response) => (await response.json()) as { members: { name: string; role: string }[] })
          .catch(() => undefined),
      ),
    );
    return answers.find((answer) => answer !== undefined)?.members ?? [];
  }

  private async startEtcd(settings: Settings): Promise<void> {
    await run(`mkdir -p ${String(settings['FOLDER'])}`);
    const file = join(this.folder, `etcd-${String(settings['NAME'])}.yml`);
    render('etcd.yml', file, settings);
    this.etcd.push(await launch(this.folder, `${file}.log`, 'etcd', '--config-file', file));
  }

  private async startHaproxy(settings: readonly Settings[]): Promise<void> {
    const nodes = settings.flatMap(({ NAME = '', POSTGRES_PORT, REST_PORT = '' }) => [
      [`NODE_${String(NAME).toUpperCase()}`, `${ADDRESS}:${String(POSTGRES_PORT)}`] as const,
      [`REST_PORT_${String(NAME).toUpperCase()}`, REST_PORT] as const,
    ]);
    const file = join(this.folder, 'haproxy.cfg');
    render('haproxy.cfg', file, { ADDRESS, HAPROXY_PORT: this.port, ...Object.fromEntries(nodes) });
    await launch(this.folder, `${file}.log`, 'haproxy', '-db', '-f', file);
  }

  /** Does what docs/operations.md tells the operator to do on a new server. */
  private async createDatabase(): Promise<void> {
    const server = { PGHOST: ADDRESS, PGPORT: String(this.port), PGPASSWORD: PASSWORDS.SUPERUSER_PASSWORD };
    const env = { ...process.env, ...ROLES, ...server, POSTGRES_USER: 'postgres' };
    await promisify(execFile)('sh', ['deploy/roles.sh'], { env });
    const owner = { ...process.env, DATABASE_URL: this.ownerUrl };
    await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env: owner });
    const client = new pg.Client(this.ownerUrl);
    await client.connect();
    await client.query(readFileSync('deploy/grants.sql', 'utf8')).finally(() => client.end());
  }
}

async function settingsOf(name: string, folder: string) {
  const [POSTGRES_PORT, REST_PORT, ETCD_PORT, ETCD_PEER_PORT] = await Promise.all(NAMES.concat(NAMES).map(lastingPort));
  const ports = { POSTGRES_PORT, REST_PORT, ETCD_PORT, ETCD_PEER_PORT };
  return { ...(ports as Record<keyof typeof ports, number>), NAME: name, ADDRESS, FOLDER: join(folder, name) };
}
