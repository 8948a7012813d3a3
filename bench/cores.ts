import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** The core reserved for the measured server. */
export const SERVER_CORE = '0';
/** The core shared by the load generator and PostgreSQL. */
export const LOAD_CORE = '1';

/**
 * Pins PostgreSQL to the other core, as if it ran on another machine. Backends inherit the affinity of the
 * postmaster.
 * @returns a function that restores the affinity to all cores
 * @throws Error if this user may not change it
 */
export function moveDatabaseAside(): () => void {
  move(LOAD_CORE);
  return () => {
    move(`0-${String(cpus().length - 1)}`);
  };
}

/** Moves this process to the core of the load generator, because its own requests are load as well. */
export function moveSelfAside(): void {
  spawnSync('taskset', ['-acp', LOAD_CORE, String(process.pid)]);
}

function move(cores: string): void {
  const { stdout } = spawnSync('pgrep', ['-x', 'postgres'], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    const { status } = spawnSync('taskset', ['-acp', cores, pid]);
    // The backend may have ended in the meantime.
    if (status !== 0 && process.getuid?.() !== 0) throw new Error('Only root may move PostgreSQL to another core.');
  }
}

const CGROUPS = '/sys/fs/cgroup';
/** Period of the quota of a {@link CoreShare}, in microseconds. */
const PERIOD_US = 100_000;

/** A Linux control group limited to a fraction of a core, whatever else the machine does. */
export class CoreShare {
  private readonly folder: string;

  /**
   * @param part fraction of a core, between 0 and 1
   * @throws Error if this user may not create control groups
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

  /** Moves a process into the group. */
  add(pid: number): void {
    this.write('cgroup.procs', String(pid));
  }

  /** Removes the group, whose processes must have ended. */
  remove(): void {
    rmdirSync(this.folder);
  }

  private write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }
}
