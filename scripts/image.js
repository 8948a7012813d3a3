/**
 * Builds the image with Docker or Podman, starts it as compose.yaml hardens it, with its embedded database, and asks for
 * what a user asks first. Prints "skipped" and the reason if this machine cannot do that.
 *
 * If the base image cannot be pulled, root builds a substitute from Debian's packages and npm's Node, with mmdebstrap.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** After this time the rest is skipped, in milliseconds. */
const LIMIT_MS = Number(process.env.IMAGE_MINUTES ?? 4) * 60_000;
const PULL_MS = 60_000;
/** After this time a container that is not ready counts as broken, in milliseconds. */
const READY_MS = 60_000;
const IMAGE = 'hospital-memberships';
const SUBSTITUTE = 'localhost/hospital-memberships-base';
const CERTIFICATES = '/etc/ssl/certs';
/** Signs that a registry cannot be reached, as opposed to a failing build. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH/;
/** Signs that the engine itself may not run here, for example inside another container. */
const FORBIDDEN = /OCI runtime|OCI permission|Operation not permitted/;

class Skipped extends Error {}

function print(line) {
  process.stdout.write(`${line}\n`);
}

const began = Date.now();
const scratch = mkdtempSync(`${tmpdir()}/hospital-memberships-image-`);
const isRoot = process.getuid() === 0;
/** Environment variables for the engine. */
const engineVariables = {};
/** The output of the last program. */
let lastOutput = '';

/**
 * Runs a program. @returns its output, or undefined if it fails
 * @throws Skipped the time is over
 */
function attempt(program, args, { limit = LIMIT_MS, env = {} } = {}) {
  const timeout = Math.min(limit, LIMIT_MS - (Date.now() - began));
  if (timeout <= 0) throw new Skipped(`it took more than ${LIMIT_MS / 60_000} minutes`);
  const options = {
    encoding: 'utf8',
    timeout,
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...engineVariables, ...env },
  };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error?.code === 'ETIMEDOUT' && limit === LIMIT_MS) throw new Skipped(`${program} took too long`);
  lastOutput = `${stdout ?? ''}${stderr ?? ''}`;
  return status === 0 ? stdout.trim() : undefined;
}
/** Runs a program that must succeed. @returns its output */
function run(program, ...args) {
  const output = attempt(program, args);
  if (output !== undefined) return output;
  if (UNREACHABLE.test(lastOutput)) throw new Skipped('a registry cannot be reached');
  if (FORBIDDEN.test(lastOutput)) throw new Skipped(`${program} cannot start a container here`);
  throw new Error(`${program} ${args.join(' ')} failed:\n${lastOutput.slice(-3000)}`);
}

/** @returns the program that builds and runs images */
function findEngine() {
  if (attempt('docker', ['info']) !== undefined) return 'docker';
  if (attempt('podman', ['info']) === undefined) throw new Skipped('neither Docker nor Podman runs here');
  // Podman asks for limits above those of a container that it runs in, and crun for another kind of control groups.
  const configuration = `${scratch}/containers.conf`;
  const runtime = attempt('runc', ['--version']) === undefined ? '' : '[engine]\nruntime = "runc"\n';
  writeFileSync(configuration, `[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n${runtime}`);
  engineVariables.CONTAINERS_CONF = configuration;
  return 'podman';
}

/** @returns the name of the base image: the Dockerfile's, or a substitute */
function findBase(engine) {
  const [, base] = /^ARG NODE_IMAGE=(.+)$/m.exec(readFileSync('Dockerfile', 'utf8'));
  for (const name of [base, `docker.io/library/${base}`]) {
    if (attempt(engine, ['image', 'inspect', name]) !== undefined) return name;
    if (attempt(engine, ['pull', '--quiet', name], { limit: PULL_MS }) !== undefined) return name;
  }
  if (attempt(engine, ['image', 'inspect', SUBSTITUTE]) !== undefined) return SUBSTITUTE;
  if (!isRoot || attempt('mmdebstrap', ['--version']) === undefined) throw new Skipped(`${base} cannot be pulled`);
  print(`${base} cannot be pulled; building a substitute.`);
  return buildSubstitute(engine, base);
}

/** Debian without documents, as in the slim images; Node and npm in the places of the official image; its user. */
function buildSubstitute(engine, base) {
  const [, major, suite] = /^node:(\d+)[^-]*-(\w+)/.exec(base);
  const folder = `${scratch}/base`;
  mkdirSync(folder);
  const excluded = ['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  run('mmdebstrap', '--variant=minbase', ...excluded, suite, `${folder}/debian.tar`);
  const node = `node-linux-${process.arch}`;
  run('npm', 'install', '--no-audit', '--no-fund', '--prefix', folder, `${node}@${major}`);
  cpSync(`${run('npm', 'root', '--global')}/npm`, `${folder}/npm`, { recursive: true, dereference: true });
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
  run(engine, 'build', ...isolation(engine), '--tag', SUBSTITUTE, folder);
  return SUBSTITUTE;
}

function isolation(engine) {
  return engine === 'podman' ? ['--isolation', 'chroot', '--format', 'docker'] : [];
}

function build(engine, base) {
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
  run(engine, 'build', ...isolation(engine), '--network', 'host', ...mounts, ...variables, '--tag', IMAGE, '.');
  return commit;
}

/** @returns a port that nobody listens on */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** @throws Error the response has another status */
async function ask(url, status, options) {
  const response = await fetch(url, options);
  const text = await response.text();
  if (response.status !== status) throw new Error(`${url} returns ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

async function use(engine, commit) {
  const port = await freePort();
  const name = `${IMAGE}-test-${process.pid}`;
  const hardened = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
  // Traces load packages of their own; nobody listens on port 9.
  const variables = [`PORT=${port}`, 'HOST=127.0.0.1', 'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9'];
  const settings = variables.flatMap((variable) => ['--env', variable]);
  try {
    run(engine, 'run', '--detach', '--network', 'host', '--name', name, ...hardened, ...settings, IMAGE);
    const url = `http://127.0.0.1:${port}`;
    const started = Date.now();
    while (!(await ask(`${url}/health/ready`, 200).catch(() => false))) {
      if (Date.now() - started > READY_MS) throw new Error(`The container is not ready:\n${run(engine, 'logs', name)}`);
      if (attempt(engine, ['inspect', '--format', '{{.State.Running}}', name]) !== 'true') {
        throw new Error(`The container has ended:\n${run(engine, 'logs', name)}`);
      }
      await sleep(200);
    }
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    const said = JSON.parse(await ask(`${url}/version`, 200));
    if (said.version !== version || said.commit !== commit) throw new Error(`/version is ${JSON.stringify(said)}`);
    for (const path of ['/docs', '/openapi.json', '/.well-known/jwks.json']) await ask(url + path, 200);
    attempt(engine, ['logs', name]);
    const [token] = /hmk_\w+/.exec(lastOutput);
    const headers = { authorization: `Token ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'H', patron: 'P', location: 'L', contact: '8' });
    await ask(`${url}/api/v2/hospital/`, 201, { method: 'POST', headers, body });
    const login = { email: 'a@example.org', password: 'correct horse battery staple' };
    const medic = JSON.stringify({ name: 'A', ...login });
    await ask(`${url}/api/v2/medics/`, 201, { method: 'POST', headers, body: medic });
    await ask(`${url}/api/v2/token-auth/`, 200, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(login),
    });
    run(engine, 'stop', '--time', '20', name);
    const code = run(engine, 'inspect', '--format', '{{.State.ExitCode}}', name);
    if (code !== '0') throw new Error(`The container ended with status ${code}.`);
  } finally {
    spawnSync(engine, ['rm', '--force', '--volumes', name], { env: { ...process.env, ...engineVariables } });
  }
}

try {
  const engine = findEngine();
  const base = findBase(engine);
  const commit = build(engine, base);
  const megabytes = Math.round(Number(run(engine, 'image', 'inspect', '--format', '{{.Size}}', IMAGE)) / 1e6);
  print(`${IMAGE}: ${megabytes} MB on ${base}, built by ${engine}.`);
  await use(engine, commit);
  print('The image starts, serves and stops.');
} catch (error) {
  if (!(error instanceof Skipped)) throw error;
  print(`skipped: ${error.message}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
