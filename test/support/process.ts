import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { until } from './until.js';

/** Options of {@link ServerProcess}. */
export interface ProcessOptions {
  readonly nodeOptions?: readonly string[];
  /** Arguments of the program. */
  readonly args?: readonly string[];
  /** The folder of another build of the program; this one's by default. */
  readonly folder?: string;
  /** The user that it runs as; this process's by default. */
  readonly uid?: number;
}

/** The built program, started as an operator does. */
export class ServerProcess {
  /** Everything written to the standard output. */
  output = '';
  /** Everything written to the standard error. */
  errors = '';
  /** Resolves when the process ends; the code is null after a signal. */
  readonly ended: Promise<{ code: number | null }>;
  private readonly child: ChildProcess;

  /** @param variables settings in addition to a free local port */
  constructor(variables: Record<string, string>, { nodeOptions = [], args = [], folder, uid }: ProcessOptions = {}) {
    const { PATH = '' } = process.env;
    const env = { PATH, PORT: '0', HOST: '127.0.0.1', ...variables };
    this.child = spawn(process.execPath, [...nodeOptions, 'dist/src/main.js', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(folder === undefined ? {} : { cwd: folder }),
      ...(uid === undefined ? {} : { uid }),
    });
    this.child.stdout?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.child.stderr?.on('data', (text: Buffer) => (this.errors += text.toString()));
    this.ended = once(this.child, 'close').then(([code]) => ({ code: code as number | null }));
  }

  /** @returns the URL on which it listens, once it does */
  async url(): Promise<string> {
    const [, url = ''] = await this.printed(/"msg":"Server listening at (http:[^"]+)"/);
    return url;
  }

  /** @returns the first match in the output, once there is one */
  async printed(text: RegExp): Promise<RegExpExecArray> {
    let end: number | string | null | undefined;
    void this.ended.then(({ code }) => (end = code ?? 'a signal'));
    const match = await until(() => text.exec(this.output) ?? (end === undefined ? undefined : 'ended'));
    if (match === 'ended') throw new Error(`It ended too early by ${String(end)}: ${this.errors}${this.output}`);
    return match;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** @returns its resident memory, in megabytes */
  memory(): number {
    const status = readFileSync(`/proc/${String(this.child.pid)}/status`, 'utf8');
    const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return Number(kilobytes) / 1024;
  }

  /** @returns the processor time used, in seconds */
  processorTime(): number {
    const stat = readFileSync(`/proc/${String(this.child.pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // User and system time, in ticks of 1/100 s on every Linux that Node supports.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Sends a signal. @returns the exit code */
  async stop(signal: NodeJS.Signals): Promise<{ code: number | null }> {
    this.signal(signal);
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Starts processes for the tests of a file; each is killed after the test that started it. */
export function useProcesses(): (variables: Record<string, string>, options?: ProcessOptions) => ServerProcess {
  const started: ServerProcess[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((process) => process.stop('SIGKILL')));
  });
  return (variables, options) => {
    const process = new ServerProcess(variables, options);
    started.push(process);
    return process;
  };
}
