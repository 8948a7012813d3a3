import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import globalSetup from '../support/global-setup.ts';

const CACHE = 'node_modules/.cache/prometheus';

/** Where the tests find the folder of `prometheus` and `promtool`. */
export const PROMETHEUS = 'TEST_PROMETHEUS';

/** Does the same as {@link globalSetup}, and finds Prometheus. */
export default async function metricsSetup(): Promise<() => Promise<void>> {
  const folder = ['/usr/bin', '/usr/local/bin'].find(hasBoth) ?? unpack();
  if (folder === null) process.stdout.write('\nSkipped: Prometheus is not installed, and apt cannot fetch it.\n');
  else process.env[PROMETHEUS] = folder;
  return globalSetup();
}

/** Unpacks Debian's package without installing it. @returns the folder of its programs, null without apt */
function unpack(): string | null {
  const folder = join(process.cwd(), CACHE, 'usr/bin');
  if (hasBoth(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  try {
    execFileSync('apt-get', ['download', 'prometheus'], { cwd: CACHE, stdio: 'ignore' });
    const [deb = ''] = readdirSync(CACHE).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', deb, '.'], { cwd: CACHE, stdio: 'ignore' });
  } catch {
    return null;
  }
  return hasBoth(folder) ? folder : null;
}

function hasBoth(folder: string): boolean {
  return ['prometheus', 'promtool'].every((name) => existsSync(join(folder, name)));
}
