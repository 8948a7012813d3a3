import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** A PgBouncer in transaction mode in front of a PostgreSQL server: backends belong to transactions, not to clients. */
export class PgBouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** The server's URL through PgBouncer. */
    readonly url: string,
  ) {}

  /**
   * @param server URL of the PostgreSQL server; every database on it is available
   * @param ignored startup parameters that PgBouncer accepts and drops
   * @param settings further lines of its settings
   */
  static async start(
    server: URL,
    ignored = 'statement_timeout, idle_in_transaction_session_timeout',
    settings: readonly string[] = [],
  ): Promise<PgBouncer> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
    const file = join(folder, 'pgbouncer.ini');
    const { hostname, username, password } = server;
    const login = [`user=${username}`, ...(password === '' ? [] : [`password=${decodeURIComponent(password)}`])];
    await writeFile(
      file,
      `[databases]
* = host=${hostname} port=${server.port || '5432'} ${login.join(' ')}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${String(port)}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 1000
ignore_startup_parameters = ${ignored}
${settings.join('\n')}
`,
    );
    // PgBouncer refuses to run as root.
    const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
    const child = spawn('pgbouncer', ['-q', ...user, file], { stdio: 'ignore' });
    await once(child, 'spawn');
    const url = new URL(server);
    url.host = `127.0.0.1:${String(port)}`;
    const pooler = new PgBouncer(child, folder, url.href);
    await until(() => pooler.requireRunning().isListening(port));
    return pooler;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    await rm(this.folder, { recursive: true });
  }

  private requireRunning(): this {
    if (this.child.exitCode !== null) throw new Error(`PgBouncer ended with ${String(this.child.exitCode)}.`);
    return this;
  }

  private async isListening(port: number): Promise<boolean> {
    const socket = connect(port, '127.0.0.1');
    return once(socket, 'connect')
      .then(
        () => true,
        () => false,
      )
      .finally(() => socket.destroy());
  }
}
