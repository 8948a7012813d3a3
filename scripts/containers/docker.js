/** Docker with Compose: the installed one, or that of Debian's packages, which is started for one test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { print, Skipped } from './programs.js';

const CACHE = resolve('node_modules/.cache/docker');
const ROOT = `${CACHE}/root`;
const PACKAGES = ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'containerd', 'tini'];
/** The release that has them all. */
const SUITE = 'trixie';
/** Programs that dockerd starts, and whose packages must fit the release of this machine. */
const HELPERS = ['runc', 'iptables'];
const START_MS = 30_000;
const STOP_MS = 15_000;

/**
 * Finds Docker with Compose, or starts it. Sets the environment of the programs so that `docker` finds it.
 * @param scratch a folder for its data
 * @returns whether it was started for this test alone, and a function that stops it then
 * @throws Skipped Docker is not installed and cannot be started here
 */
export async function findDocker(programs, scratch) {
  const isInstalled = [['info'], ['compose', 'version']].every(
    (args) => programs.attempt('docker', args) !== undefined,
  );
  if (isInstalled) return { isOwn: false, stop: () => Promise.resolve() };
  if (process.getuid() !== 0) throw new Skipped('no Docker with Compose runs here, and only root can start it');
  for (const helper of HELPERS) {
    if (programs.attempt(helper, ['--version']) === undefined) throw new Skipped(`${helper} is not installed`);
  }
  unpack(programs);
  return start(programs, scratch);
}

/** Unpacks the packages, without installing them. */
function unpack(programs) {
  if (existsSync(`${ROOT}/usr/sbin/dockerd`)) return;
  const archives = `${CACHE}/archives`;
  const [lists, partial] = [`${CACHE}/lists`, `${archives}/partial`];
  for (const folder of [`${lists}/partial`, partial]) mkdirSync(folder, { recursive: true });
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(`${CACHE}/sources.list`, `deb [signed-by=${keyring}] ${findMirror(programs)} ${SUITE} main\n`);
  const settings = [
    `Dir::Etc::sourcelist=${CACHE}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${lists}`,
    `Dir::Cache::archives=${archives}`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  // `download` leaves out dependencies: a newer C library would be used by half.
  for (const args of [['update'], ['download', ...PACKAGES]]) {
    // `download` writes into the current folder.
    const command = ['-c', 'cd "$0" && exec apt-get "$@"', archives, '-qq', ...settings, ...args];
    if (programs.attempt('sh', command) === undefined) {
      throw new Skipped(`apt-get ${args[0]} fails for ${SUITE}: ${programs.output.trim().split('\n').at(-1)}`);
    }
  }
  for (const name of readdirSync(archives).filter((file) => file.endsWith('.deb'))) {
    programs.run('dpkg-deb', '-x', `${archives}/${name}`, ROOT);
  }
  for (const folder of [archives, lists]) rmSync(folder, { recursive: true });
}

/** @returns the mirror of Debian that apt uses */
function findMirror(programs) {
  const targets =
    programs.attempt('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']) ?? '';
  const mirror = targets.split('\n').find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Skipped('no Docker with Compose runs here, and apt has no mirror of Debian');
  return mirror;
}

/** Without rules for iptables, so that nothing stays behind on this machine. */
async function start(programs, scratch) {
  const folder = `${scratch}/docker`;
  mkdirSync(`${folder}/cli-plugins`, { recursive: true });
  mkdirSync(`${folder}/bin`);
  const plugins = `${ROOT}/usr/libexec/docker/cli-plugins`;
  for (const name of readdirSync(plugins)) symlinkSync(`${plugins}/${name}`, `${folder}/cli-plugins/${name}`);
  symlinkSync(`${ROOT}/usr/sbin/docker-proxy`, `${folder}/bin/docker-proxy`);
  symlinkSync(`${ROOT}/usr/bin/tini-static`, `${folder}/bin/docker-init`);
  writeFileSync(`${folder}/daemon.json`, '{}');
  const host = `unix://${folder}/socket`;
  Object.assign(programs.variables, {
    PATH: [`${folder}/bin`, `${ROOT}/usr/bin`, process.env.PATH].join(delimiter),
    DOCKER_HOST: host,
    DOCKER_CONFIG: folder,
  });
  const options = {
    'config-file': `${folder}/daemon.json`,
    'data-root': `${folder}/data`,
    'exec-root': `${folder}/exec`,
    pidfile: `${folder}/pid`,
    host,
    'exec-opt': 'native.cgroupdriver=cgroupfs',
    bridge: 'none',
    iptables: 'false',
    ip6tables: 'false',
    'default-address-pool': 'base=10.99.0.0/16,size=24',
  };
  const log = openSync(`${folder}/log`, 'w');
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const env = { ...process.env, ...programs.variables };
  const daemon = spawn(`${ROOT}/usr/sbin/dockerd`, args, { stdio: ['ignore', log, log], env });
  const ended = once(daemon, 'exit');
  const stop = async () => {
    daemon.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    daemon.kill('SIGKILL');
  };
  const began = Date.now();
  while (programs.attempt('docker', ['info']) === undefined) {
    if (daemon.exitCode === null && Date.now() - began < START_MS) {
      await sleep(500);
      continue;
    }
    await stop();
    const reason = readFileSync(`${folder}/log`, 'utf8').trim().split('\n').at(-1);
    throw new Skipped(`dockerd does not start here: ${reason}`);
  }
  print(
    `${programs.run('docker', 'version', '--format', 'Docker {{.Server.Version}}')} of Debian's packages has started.`,
  );
  return { isOwn: true, stop };
}
