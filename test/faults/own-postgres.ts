import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';

const VERSIONS = '/usr/lib/postgresql';

/** A PostgreSQL server that one test may stop. PostgreSQL refuses to run as root, so root runs it as postgres. */
export class OwnPostgres {
  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private port: number,
  ) {}

  static async create(): Promise<OwnPostgres> {
    const postgres = await OwnPostgres.inNewFolder();
    await run(`${postgres.bin}/initdb -D ${postgres.folder}/data -U postgres -A trust -E UTF8 --no-sync`);
    return postgres;
  }

  private static async inNewFolder(): Promise<OwnPostgres> {
    return new OwnPostgres(postgresPrograms(), await newFolder(), await freePort());
  }

  get socketFolder(): string {
    return this.folder;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${String(this.port)}/postgres`;
  }

  /** @returns once it accepts connections */
  async start(): Promise<void> {
    await this.control(`start -w -l ${this.folder}/log -o "-p ${String(this.port)} -h 127.0.0.1 -k ${this.folder}"`);
  }

  /**
   * Copies this running server to a read-only streaming replica. The replication slot retains the WAL that
   * the replica lacks, so that it catches up however long it was stopped.
   * @returns the replica, not started yet
   */
  async createReplica(slot: string): Promise<OwnPostgres> {
    const replica = await OwnPostgres.inNewFolder();
    const from = `-h 127.0.0.1 -p ${String(this.port)} -U postgres`;
    await run(`${this.bin}/pg_basebackup ${from} -D ${replica.folder}/data -R -C -S ${slot} -c fast --no-sync`);
    return replica;
  }

  /** Archives every WAL file from its next start on. */
  async archive(): Promise<void> {
    const command = `test ! -f ${this.archiveFolder}/%f && cp %p ${this.archiveFolder}/%f`;
    await run(`mkdir ${this.archiveFolder}`);
    await this.configure('archive_mode = on', `archive_command = '${command}'`);
  }

  /** Copies this running server. @returns the base backup, not recovered and not started yet */
  async takeBaseBackup(): Promise<OwnPostgres> {
    const backup = await OwnPostgres.inNewFolder();
    const from = `-h 127.0.0.1 -p ${String(this.port)} -U postgres`;
    await run(`${this.bin}/pg_basebackup ${from} -D ${backup.folder}/data -c fast --no-sync`);
    return backup;
  }

  /**
   * Lets this base backup replay the archive of the server that it is a copy of, up to an instant, from its next start
   * on. Then it becomes a primary.
   */
  async recoverTo(instant: string, { archiveFolder }: OwnPostgres): Promise<void> {
    await this.configure(
      `restore_command = 'cp ${archiveFolder}/%f %p'`,
      `recovery_target_time = '${instant}'`,
      `recovery_target_action = 'promote'`,
      'archive_mode = off',
    );
    await run(`touch ${this.folder}/data/recovery.signal`);
  }

  private get archiveFolder(): string {
    return `${this.folder}/archive`;
  }

  /** Makes this stopped server a standby that streams from `primary` from its next start on, without a rewind. */
  async demote(primary: OwnPostgres): Promise<void> {
    const from = `host=127.0.0.1 port=${String(primary.port)} user=postgres`;
    await this.configure(`primary_conninfo = '${from}'`);
    await run(`touch ${this.folder}/data/standby.signal`);
  }

  /** Makes it listen on the port of `other` from its next start on. */
  takePortOf(other: OwnPostgres): void {
    this.port = other.port;
  }

  /** @param lines lines for postgresql.conf, in force from its next start on */
  async configure(...lines: string[]): Promise<void> {
    for (const line of lines) await run(`echo "${line}" >>${this.folder}/data/postgresql.conf`);
  }

  /**
   * Makes it require TLS from its next start on.
   * @returns the path of the certificate of the authority that signed for 127.0.0.1
   */
  async requireTls(): Promise<string> {
    const { folder } = this;
    const openssl = `cd ${folder} && openssl`;
    const made = '-newkey rsa:2048 -nodes -days 2';
    await run(`${openssl} req -x509 ${made} -subj /CN=ca -keyout ca.key -out ca.crt 2>&1`);
    await run(`${openssl} req ${made} -subj /CN=127.0.0.1 -keyout server.key -out server.csr 2>&1`);
    const name = 'subjectAltName=IP:127.0.0.1';
    const signed = '-CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt';
    await run(`cd ${folder} && echo ${name} >ext && openssl x509 -req -in server.csr ${signed} -extfile ext 2>&1`);
    await this.configure('ssl = on', `ssl_cert_file = '${folder}/server.crt'`, `ssl_key_file = '${folder}/server.key'`);
    await run(`sed -i 's/^host /hostssl /' ${folder}/data/pg_hba.conf`);
    return `${folder}/ca.crt`;
  }

  /** Stops it as a crash would. */
  async crash(): Promise<void> {
    await this.control('stop -m immediate');
  }

  async remove(): Promise<void> {
    await this.crash().catch(() => undefined);
    await run(`rm -rf ${this.folder}`);
  }

  private async control(command: string): Promise<void> {
    await run(`${this.bin}/pg_ctl -s -D ${this.folder}/data ${command} </dev/null`);
  }
}

/**
 * @returns the folder of PostgreSQL's programs, of the newest version
 * @throws Error there are none
 */
export function postgresPrograms(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
  const bin = versions
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')));
  if (bin === undefined) throw new Error(`There is no PostgreSQL below ${VERSIONS}.`);
  return bin;
}

/** @returns a new folder that belongs to the user of PostgreSQL */
export async function newFolder(): Promise<string> {
  return (await run('mktemp -d /tmp/hospital-memberships-XXXXXX')).trim();
}

/** Runs a command, as the user postgres if this process is root. @returns its output */
export async function run(command: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  const shell = isRoot ? ['su', 'postgres', '-s', '/bin/sh', '-c', command] : ['/bin/sh', '-c', command];
  const child = spawn(shell[0] ?? '', shell.slice(1), { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, errors] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ends with ${String(code)}: ${errors}`);
  return printed;
}
