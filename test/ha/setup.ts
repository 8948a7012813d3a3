import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const CACHE = join(process.cwd(), 'node_modules/.cache/ha');
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'];

const UNPACKED = [join(CACHE, 'usr/sbin'), join(CACHE, 'usr/bin')];

/** A program of each package. */
const PACKAGES = { etcd: 'etcd-server', haproxy: 'haproxy', patroni: 'patroni', pgbouncer: 'pgbouncer' };

/** Where the tests learn that the programs are there. */
export const HA_PROGRAMS = 'TEST_HA_PROGRAMS';

/** Finds the programs of a cluster, and unpacks Debian's packages of those that are not installed. */
export default function haSetup(): void {
  const missing = Object.entries(PACKAGES).filter(([program]) => !has(program));
  const reason = existsSync('/usr/lib/postgresql')
    ? fetchAll(missing.map(([, name]) => name))
    : 'There is no PostgreSQL below /usr/lib/postgresql';
  if (reason === undefined) process.env[HA_PROGRAMS] = 'found';
  else process.stdout.write(`\nSkipped, because a program is missing. ${reason}.\n`);
}

/** Unpacks packages, and those that they need, without installing them. @returns why it cannot, if it cannot */
function fetchAll(packages: string[]): string | undefined {
  if (packages.length === 0) return undefined;
  useUnpacked();
  const absent = () => Object.keys(PACKAGES).filter((program) => !has(program, [...FOLDERS, ...UNPACKED]));
  if (absent().length === 0) return undefined;
  mkdirSync(join(CACHE, 'archives/partial'), { recursive: true });
  try {
    download(packages);
    for (const deb of readdirSync(join(CACHE, 'archives')).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg-deb', ['-x', join(CACHE, 'archives', deb), CACHE], { stdio: 'ignore' });
  } catch (error) {
    return `apt-get cannot fetch ${packages.join(', ')}: ${String(error)}`;
  }
  return absent().length === 0 ? undefined : `The packages of apt-get do not contain ${absent().join(', ')}`;
}

function download(packages: string[]): void {
  const options = ['-qq', '-y', '--no-install-recommends', '--download-only', '-o', 'Debug::NoLocking=1'];
  const fetch = ['install', ...options, '-o', `Dir::Cache::archives=${join(CACHE, 'archives')}`, ...packages];
  try {
    execFileSync('apt-get', fetch, { stdio: 'ignore' });
  } catch {
    // Perhaps the lists of packages are absent or old.
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    execFileSync('apt-get', fetch, { stdio: 'ignore' });
  }
}

/** Lets this process and those that it starts find the unpacked programs, libraries and modules. */
function useUnpacked(): void {
  add('PATH', ...FOLDERS, ...UNPACKED);
  add('LD_LIBRARY_PATH', ...libraryFolders());
  add('PYTHONPATH', join(CACHE, 'usr/lib/python3/dist-packages'));
}

function add(variable: string, ...folders: string[]): void {
  const values = [process.env[variable], ...folders];
  process.env[variable] = values.filter((value) => value !== undefined && value !== '').join(delimiter);
}

function libraryFolders(): string[] {
  const architectures = { x64: 'x86_64', arm64: 'aarch64' } as Partial<Record<string, string>>;
  return [join(CACHE, `usr/lib/${architectures[process.arch] ?? process.arch}-linux-gnu`)];
}

function has(program: string, folders = FOLDERS): boolean {
  return folders.some((folder) => existsSync(join(folder, program)));
}
