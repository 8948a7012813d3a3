import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Marks the processes of one cluster, so that all of them are found at the end. */
const MARK = 'HA_FOLDER';

/** Values for the placeholders of the files in `deploy/ha`. */
export type Settings = Readonly<Record<string, string | number>>;

/** PostgreSQL and HAProxy do not run as root, so root runs all programs as postgres. */
function user(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, 'postgres']).toString()));
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

/**
 * Fills in a file of `deploy/ha`.
 * @param to path of the new file
 * @throws Error the file has a placeholder without a setting
 */
export function render(name: string, to: string, settings: Settings): void {
  const text = readFileSync(join('deploy/ha', name), 'utf8').replace(/^\s*#.*\n/gm, '');
  const filled = text.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
    const value = settings[variable];
    if (value === undefined) throw new Error(`${name} needs ${variable}.`);
    return String(value);
  });
  writeFileSync(to, filled);
}

/** Starts a program whose output goes to `log`. @param folder that of its cluster */
export async function launch(folder: string, log: string, command: string, ...args: string[]): Promise<ChildProcess> {
  const output = openSync(log, 'a');
  const env = { ...process.env, [MARK]: folder };
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', output, output], ...user() });
  closeSync(output);
  await once(child, 'spawn');
  return child;
}

/**
 * Starts a shell that outlives this process. Once this process or its parent is gone, or {@link endCluster} asks for it,
 * it kills every process of the cluster and removes the folder.
 */
export function startReaper(folder: string): ChildProcess {
  const script = `while kill -0 "$2" && kill -0 "$3" && [ ! -e "$1/over" ]; do sleep 0.2; done
for pid in $(grep -lzxF "${MARK}=$1" /proc/[0-9]*/environ | cut -d/ -f3); do
  kill -9 $(cat /proc/$pid/task/$pid/children) $pid
done
rm -rf "$1"`;
  const watched = [process.pid, process.ppid].map(String);
  return spawn('sh', ['-c', script, 'sh', folder, ...watched], { detached: true, stdio: 'ignore' });
}

/** @returns once nothing of the cluster is left */
export async function endCluster(folder: string, reaper: ChildProcess): Promise<void> {
  const ended = once(reaper, 'exit');
  writeFileSync(join(folder, 'over'), '');
  await ended;
}

/** A running process. */
interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** @returns the children of a process */
export function childrenOf(parent: number): Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(runningOf)
    .filter((process) => process?.parent === parent)
    .filter((process) => process !== undefined);
}

function runningOf(pid: string): Running | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid: Number(pid), parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process, if it is still there. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
