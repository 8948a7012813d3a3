import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A release, as the history of this repository has it. */
export interface Release {
  readonly version: string;
  readonly commit: string;
}

/**
 * @returns the newest version of CHANGELOG.md that was released before this commit: the one of its tag, or of the commit
 *   that added its heading; a sentence that says why it is missing
 */
export function previousRelease(): Release | string {
  const head = git('rev-parse', 'HEAD');
  if (head === undefined) return 'this is no git repository';
  const versions = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## (\d+\.\d+\.\d+)$/gm)].map(
    ([, one = '']) => one,
  );
  const known = versions.flatMap((version) => {
    const commit = commitOf(version);
    return commit === undefined || commit === head ? [] : [{ version, commit }];
  });
  const [release] = known;
  return release ?? `the history of this clone has no commit of ${versions.join(' or ')}`;
}

function commitOf(version: string): string | undefined {
  const tag = git('rev-parse', '--quiet', '--verify', `v${version}^{commit}`);
  if (tag !== undefined) return tag;
  const commit = git('log', '--format=%H', '--reverse', `-S## ${version}\n`, '--', 'CHANGELOG.md')?.split('\n')[0];
  // In a shallow clone the oldest commit seems to add everything.
  return commit === undefined || commit === '' || shallowCommits().includes(commit) ? undefined : commit;
}

function shallowCommits(): string[] {
  const path = git('rev-parse', '--git-path', 'shallow') ?? '';
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

/** @returns the output of git, or undefined if it fails */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** Installs and builds a release, unless an earlier run has. @returns its folder */
export async function build({ version, commit }: Release): Promise<string> {
  const folder = join(tmpdir(), `hospital-memberships-${version}-${commit.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${String(process.pid)}`;
  await mkdir(unfinished);
  try {
    const steps = [
      `git archive "${commit}" | tar -x -C "${unfinished}"`,
      `cd "${unfinished}" && npm ci --no-audit --no-fund --prefer-offline --loglevel=error && npm run --silent build`,
    ];
    for (const step of steps) await promisify(execFile)('/bin/sh', ['-ec', step]);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}
