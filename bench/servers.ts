import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** The words of `npm run start:prod` after `node`: its options, and the program. */
const PRODUCTION = scripts['start:prod']?.split(' ').slice(1) ?? [];

/** The Node options of `npm run start:prod`. */
export const OPTIONS: readonly string[] = PRODUCTION.slice(0, -1);

/** The compared programs and their Node options. */
const SERVERS = {
  floor: { options: [], program: 'dist/bench/floor.js' },
  service: { options: OPTIONS, program: PRODUCTION.at(-1) ?? '' },
  naive: { options: [], program: 'dist/bench/naive/main.js' },
};

/** Name of a compared program. */
export type ServerName = keyof typeof SERVERS;

const READY = '/health/ready';
/** Responds to requests for the processor time; only in the service. */
const CLOCK = new URL('cpu-clock.js', import.meta.url).href;

/** The Node program that runs a server, and its options. */
export interface Runtime {
  readonly node: string;
  readonly options: readonly string[];
}

/** How to start a server. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  /** The cores that it may use, such as `0` or `0,1`. */
  readonly cores: string;
  /** Path whose response says that it is ready. */
  readonly path: string;
}

/** A server process pinned to one core. */
export class BenchServer {
  readonly url: string;
  /** Time from the start of the process until it was ready, in milliseconds. */
  readonly coldStart: number;

  private constructor(
    private readonly child: ChildProcess,
    port: number,
    coldStart: number,
  ) {
    this.url = `http://127.0.0.1:${String(port)}`;
    this.coldStart = coldStart;
  }

  /**
   * Starts a program as in production, with its log in a temporary file, and waits until it responds.
   * @param cores the cores that it may use, such as `0` or `0,1`
   * @param settings further environment variables
   * @param runtime the Node that runs it and its options, if they are not those of production
   */
  static async start(
    name: ServerName,
    databaseUrl: string,
    port: number,
    cores: string,
    settings: Readonly<Record<string, string>> = {},
    { node = process.execPath, options = SERVERS[name].options }: Partial<Runtime> = {},
  ): Promise<BenchServer> {
    const env = {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      HOST: '127.0.0.1',
      // Limits that count every request but are never reached.
      RATE_LIMIT: '99999999',
      SERVICE_RATE_LIMIT: '99999999',
      CREATE_LIMIT: '99999999',
      ...settings,
    };
    const clock = name === 'service' ? ['--import', CLOCK] : [];
    const command = [node, ...clock, ...options, SERVERS[name].program];
    return BenchServer.run({ name, command, env, port, cores, path: READY });
  }

  /** Starts any HTTP server with its log in a temporary file, and waits until it responds. */
  static async run({ name, command, env, port, cores, path }: Program): Promise<BenchServer> {
    const file = join(tmpdir(), `bench-${name}-${String(port)}.log`);
    const log = openSync(file, 'w');
    rmSync(file);
    const started = performance.now();
    const child = spawn('taskset', ['-c', cores, ...command], {
      env,
      stdio: ['ignore', log, 'inherit', ...(command.includes(CLOCK) ? (['ipc'] as const) : [])],
    });
    closeSync(log);
    while (!(await isReady(port, path))) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${String(child.exitCode)}.`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return new BenchServer(child, port, performance.now() - started);
  }

  /** @returns the peak resident memory, in megabytes */
  memory(): number {
    const [, kilobytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(this.readProc('status')) ?? [];
    return Number(kilobytes) / 1024;
  }

  /** @returns the ids of the processes that serve requests: the workers, or the process itself without workers */
  processes(): number[] {
    const pid = this.child.pid ?? 0;
    const workers = this.readProc(`task/${String(pid)}/children`).match(/\d+/g);
    return workers?.map(Number) ?? [pid];
  }

  /** @returns its processor time, in microseconds */
  cpu(): number {
    return cpuOf(this.readProc('stat'));
  }

  /** @returns the processor time that the service itself states, in microseconds, without the ticks of {@link cpu} */
  preciseCpu(): Promise<number> {
    return this.ask('cpu');
  }

  /** @returns the response of a module that was loaded before the service. @param message the message that it knows */
  async ask<Response>(message: string): Promise<Response> {
    const reply = once(this.child, 'message');
    this.child.send(message);
    const [response] = (await reply) as [Response];
    return response;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }

  private readProc(file: string): string {
    return readFileSync(`/proc/${String(this.child.pid)}/${file}`, 'utf8');
  }
}

/** @returns processor time in microseconds, by process, of the PostgreSQL on this machine */
export function databaseCpu(): Map<string, number> {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid): [string, string] => [pid, statOf(pid)]);
  return new Map(stats.filter(([, stat]) => stat.includes('(postgres)')).map(([pid, stat]) => [pid, cpuOf(stat)]));
}

/** @returns the processor time since then; excludes the last work of processes that have ended */
export function databaseCpuSince(before: ReadonlyMap<string, number>): number {
  return [...databaseCpu()].reduce((sum, [pid, cpu]) => sum + cpu - (before.get(pid) ?? 0), 0);
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // The process has ended in the meantime.
    return '';
  }
}

function cpuOf(stat: string): number {
  const fields = stat.split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * 10_000;
}

async function isReady(port: number, path: string): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${String(port)}${path}`)).ok;
  } catch {
    return false;
  }
}
