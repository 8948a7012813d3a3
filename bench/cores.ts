import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** The core that a measured server has to itself. */
export const SERVER_CORE = '0';
/** The core that the load comes from, and that PostgreSQL works on meanwhile. */
export const LOAD_CORE = '1';

/**
 * Keeps the PostgreSQL of this machine off the core of the measured server, as if it were on another
 * machine. Its connections are children of its first process, and so keep to the same core.
 * @returns what gives all cores back
 * @throws Error this user may not move it
 */
export function moveDatabaseAside(): () => void {
  move(LOAD_CORE);
  return () => {
    move(`0-${String(cpus().length - 1)}`);
  };
}

function move(cores: string): void {
  const { stdout } = spawnSync('pgrep', ['-x', 'postgres'], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    const { status } = spawnSync('taskset', ['-acp', cores, pid]);
    // A connection may have ended meanwhile.
    if (status !== 0 && process.getuid?.() !== 0) throw new Error('Only root may move PostgreSQL to another core.');
  }
}

const CGROUPS = '/sys/fs/cgroup';
/** In how short a time a {@link CoreShare} is given, in microseconds. */
const PERIOD_US = 100_000;

/** A control group of Linux that has a part of a core: a small core of its own, whatever else the machine does. */
export class CoreShare {
  private readonly folder: string;

  /**
   * @param part of a core, between 0 and 1
   * @throws Error this user may not make one
   */
  constructor(name: string, part: number) {
    const isUnified = existsSync(join(CGROUPS, 'cgroup.controllers'));
    this.folder = join(CGROUPS, isUnified ? '' : 'cpu', name);
    if (isUnified) writeFileSync(join(CGROUPS, 'cgroup.subtree_control'), '+cpu');
    mkdirSync(this.folder, { recursive: true });
    const quota = String(Math.round(PERIOD_US * part));
    if (isUnified) {
      this.write('cpu.max', `${quota} ${String(PERIOD_US)}`);
    } else {
      this.write('cpu.cfs_period_us', String(PERIOD_US));
      this.write('cpu.cfs_quota_us', quota);
    }
  }

  /** Moves a process into it. */
  add(pid: number): void {
    this.write('cgroup.procs', String(pid));
  }

  /** Removes it; its processes have ended. */
  remove(): void {
    rmdirSync(this.folder);
  }

  private write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }
}
