/** Builds the image of the service, on a substitute for its base image if that cannot be pulled. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { print, Skipped } from './programs.js';

/** Name of the image. */
export const IMAGE = 'hospital-memberships';
const PULL_MS = 60_000;
const SUBSTITUTE = 'localhost/hospital-memberships-base';
const CERTIFICATES = '/etc/ssl/certs';

/** @returns the program that builds and runs images */
export function findEngine(programs, scratch) {
  if (programs.attempt('docker', ['info']) !== undefined) return 'docker';
  return findPodman(programs, scratch);
}

/** @returns the name of Podman, which is set up for this machine */
export function findPodman(programs, scratch) {
  if (programs.attempt('podman', ['info']) === undefined) throw new Skipped('neither Docker nor Podman runs here');
  // Podman asks for limits above those of a container that it runs in, and crun for another kind of control groups.
  const configuration = `${scratch}/containers.conf`;
  const runtime = programs.attempt('runc', ['--version']) === undefined ? '' : '[engine]\nruntime = "runc"\n';
  writeFileSync(configuration, `[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n${runtime}`);
  programs.variables.CONTAINERS_CONF = configuration;
  return 'podman';
}

/** @returns the name of the base image: the Dockerfile's, or a substitute */
export function findBase(programs, engine, scratch) {
  const [, base] = /^ARG NODE_IMAGE=(.+)$/m.exec(readFileSync('Dockerfile', 'utf8'));
  for (const name of [base, `docker.io/library/${base}`]) {
    if (programs.attempt(engine, ['image', 'inspect', name]) !== undefined) return name;
    if (programs.attempt(engine, ['pull', '--quiet', name], { limit: PULL_MS }) !== undefined) return name;
  }
  if (programs.attempt(engine, ['image', 'inspect', SUBSTITUTE]) !== undefined) return SUBSTITUTE;
  if (process.getuid() !== 0 || programs.attempt('mmdebstrap', ['--version']) === undefined)
    throw new Skipped(`${base} cannot be pulled`);
  print(`${base} cannot be pulled; building a substitute.`);
  return buildSubstitute(programs, engine, base, scratch);
}

/** Debian without documents, as in the slim images; Node and npm in the places of the official image; its user. */
function buildSubstitute(programs, engine, base, scratch) {
  const [, major, suite] = /^node:(\d+)[^-]*-(\w+)/.exec(base);
  const folder = `${scratch}/base`;
  mkdirSync(folder);
  const excluded = ['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  // Otherwise apt chooses usrmerge, which the official image does not have and which needs all of Perl.
  const merged = '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr';
  programs.run('mmdebstrap', '--variant=minbase', merged, ...excluded, suite, `${folder}/debian.tar`);
  const node = `node-linux-${process.arch}`;
  programs.run('npm', 'install', '--no-audit', '--no-fund', '--prefix', folder, `${node}@${major}`);
  cpSync(`${programs.run('npm', 'root', '--global')}/npm`, `${folder}/npm`, { recursive: true, dereference: true });
  const lines = [
    'FROM scratch',
    'ADD debian.tar /',
    `COPY node_modules/${node}/bin/node /usr/local/bin/node`,
    'COPY npm /usr/local/lib/node_modules/npm',
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\',
    ' && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node',
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ];
  writeFileSync(`${folder}/Dockerfile`, lines.join('\n'));
  programs.run(engine, 'build', ...isolation(engine), '--tag', SUBSTITUTE, folder);
  return SUBSTITUTE;
}

function isolation(engine) {
  return engine === 'podman' ? ['--isolation', 'chroot', '--format', 'docker'] : [];
}

/** @returns the commit that the image says it was built from */
export function build(programs, engine, base, scratch) {
  const mounts = [];
  if (engine === 'podman') {
    // The npm and certificates of this machine reach the registry that this machine reaches.
    const own = `${homedir()}/.npmrc`;
    const settings = existsSync(own) ? readFileSync(own, 'utf8') : '';
    const bundle = `${CERTIFICATES}/ca-certificates.crt`;
    writeFileSync(`${scratch}/npmrc`, `${settings}\n${existsSync(bundle) ? `cafile=${bundle}\n` : ''}`, {
      mode: 0o600,
    });
    mounts.push('--volume', `${scratch}/npmrc:/root/.npmrc:ro`, '--volume', `${CERTIFICATES}:${CERTIFICATES}:ro`);
  }
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  const variables = ['--build-arg', `NODE_IMAGE=${base}`, '--build-arg', `COMMIT=${commit}`];
  programs.run(
    engine,
    'build',
    ...isolation(engine),
    '--network',
    'host',
    ...mounts,
    ...variables,
    '--tag',
    IMAGE,
    '.',
  );
  return commit;
}
