import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

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
