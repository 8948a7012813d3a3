/**
 * Starts compose.yaml, uses it, replaces its processes by another build and back again under load as docs/operations.md
 * says, and removes it. Prints "skipped" and the reason if this machine cannot do that.
 *
 * Uses the installed Docker; otherwise root starts that of Debian's packages, with data in a scratch folder. Only in that
 * engine, images that cannot be pulled are replaced by Debian's packages.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build, findBase, findPodman, IMAGE } from './containers/build-image.js';
import { buildDatabases, canPull, databaseImages } from './containers/databases.js';
import { findDocker } from './containers/docker.js';
import { prepare, print, Programs, report, Skipped } from './containers/programs.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const PORTS = [3001, 3002];
const URLS = PORTS.map((port) => `http://127.0.0.1:${port}`);
const SERVICES = ['service-1', 'service-2'];
/** The commit that the other build says it was built from. */
const OTHER_COMMIT = 'f'.repeat(40);

const scratch = mkdtempSync(`${tmpdir()}/hospital-memberships-compose-`);
const programs = new Programs(Number(process.env.COMPOSE_MINUTES ?? 5));
const began = Date.now();
const say = (line) => print(`${line} (${Math.round((Date.now() - began) / 1000)} s)`);
const docker = (...args) => programs.run('docker', ...args);
const compose = (...args) => docker('compose', ...args);

/** @throws Skipped a port of compose.yaml is in use */
async function requireFreePorts() {
  for (const port of PORTS) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening').catch(() => {
      throw new Skipped(`port ${port} is in use`);
    });
    server.close();
    await once(server, 'close');
  }
}

/** The project and the passwords are new, so that the test does not touch a running installation. */
function setUp({ isOwn }) {
  const password = () => randomBytes(12).toString('hex');
  Object.assign(programs.variables, {
    COMPOSE_PROJECT_NAME: `hospital-memberships-test-${process.pid}`,
    POSTGRES_PASSWORD: password(),
    OWNER_PASSWORD: password(),
    SERVER_PASSWORD: password(),
  });
  if (!isOwn) return;
  // The engine of this test has no default network.
  const file = `${scratch}/network.yaml`;
  writeFileSync(file, 'services: { migrate: { build: { network: host } } }\n');
  programs.variables.COMPOSE_FILE = [resolve('compose.yaml'), file].join(delimiter);
}

/** Gives the engine the images of compose.yaml. */
function provideImages({ isOwn }) {
  const databases = databaseImages();
  const [, base] = /^ARG NODE_IMAGE=(.+)$/m.exec(readFileSync('Dockerfile', 'utf8'));
  if (canPull(programs, [...databases, base])) {
    compose('build', 'migrate');
    return;
  }
  if (!isOwn) throw new Skipped(`${[...databases, base].join(', ')} cannot be pulled`);
  prepare(() => {
    buildDatabases(programs, databases, scratch);
  });
  const podman = findPodman(programs, scratch);
  build(programs, podman, findBase(programs, podman, scratch), scratch);
  programs.run('podman', 'save', '--quiet', '--output', `${scratch}/image.tar`, IMAGE);
  docker('load', '--quiet', '--input', `${scratch}/image.tar`);
  docker('tag', `localhost/${IMAGE}`, IMAGE);
}

/** Over a connection of its own, because an older one may lead to a process that has been replaced since. */
async function get(url, headers = {}) {
  const [response] = await once(request(url, { headers, agent: false }).end(), 'response');
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url} returns ${response.statusCode}: ${body.slice(0, 500)}`);
  return JSON.parse(body);
}

async function requireCommit(commit) {
  for (const url of URLS) {
    const said = await get(`${url}/version`);
    if (said.commit !== commit) throw new Error(`${url}/version is ${JSON.stringify(said)} instead of ${commit}`);
  }
}

/** @returns the key of the first medic, with which both processes respond */
async function useBoth() {
  const first = ['medic', 'create', '--name', 'Integrator', '--email', 'integrator@example.org'];
  const [key] = /hmk_\w+/.exec(compose('run', '--rm', 'migrate', 'node', 'dist/src/cli/main.js', ...first)) ?? [];
  for (const url of URLS) {
    const { checks } = await get(`${url}/health/ready`);
    if (checks.database !== 'ok' || checks.redis !== 'ok')
      throw new Error(`${url} is not whole: ${JSON.stringify(checks)}`);
    await get(`${url}/api/v2/management/memberships/`, { authorization: `Token ${key}` });
  }
  return key;
}

/** Replaces one process after the other by the image that the name now means. */
function replaceProcesses() {
  for (const service of SERVICES) compose('up', '--detach', '--no-deps', '--wait', service);
}

/** The build that is an upgrade differs only in its commit. */
function buildOther() {
  const edit = `sed -i 's/"commit":[^,}]*/"commit":"${OTHER_COMMIT}"/' dist/src/build.json`;
  writeFileSync(`${scratch}/Dockerfile`, `FROM ${IMAGE}\nUSER 0\nRUN ${edit}\nUSER 1000:1000\n`);
  docker('build', '--quiet', '--network=host', '--tag', IMAGE, '--file', `${scratch}/Dockerfile`, 'deploy');
}

async function upgradeAndBack(key) {
  const before = docker('image', 'inspect', '--format', '{{.Id}}', IMAGE);
  const { commit } = await get(`${URLS[0]}/version`);
  const load = spawn(process.execPath, ['scripts/containers/load.js', JSON.stringify({ urls: URLS, key })]);
  const output = text(load.stdout);
  try {
    buildOther();
    for (const job of ['migrate', 'grants']) compose('run', '--rm', '--no-deps', job);
    replaceProcesses();
    await requireCommit(OTHER_COMMIT);
    docker('tag', before, IMAGE);
    replaceProcesses();
    await requireCommit(commit);
  } finally {
    load.stdin.end();
    docker('tag', before, IMAGE);
  }
  const { requests, retried, created, lost } = JSON.parse(await output);
  const headers = { authorization: `Token ${key}` };
  const { count } = await get(`${URLS[0]}/api/v2/management/memberships/?managed=true&limit=1`, headers);
  say(
    `An upgrade and the way back: ${requests} requests, ${retried} sent again, ${lost.length} lost, ${created} creations.`,
  );
  if (lost.length > 0) throw new Error(`Lost: ${lost.slice(0, 5).join('\n')}`);
  if (count !== created) throw new Error(`${count} hospitals are stored of ${created} that were acknowledged.`);
}

function remove() {
  compose('down', '--volumes', '--timeout', '20');
  const project = `label=com.docker.compose.project=${programs.variables.COMPOSE_PROJECT_NAME}`;
  const rest =
    docker('ps', '--all', '--quiet', '--filter', project) + docker('volume', 'ls', '--quiet', '--filter', project);
  if (rest !== '') throw new Error(`docker compose down leaves ${rest}`);
}

async function test(engine) {
  setUp(engine);
  provideImages(engine);
  try {
    compose('up', '--wait');
    say('compose.yaml is up: the schema is migrated, and all services are healthy.');
    await upgradeAndBack(await useBoth());
    remove();
    say('docker compose down has removed it.');
  } catch (error) {
    if (error instanceof Error)
      error.message += `\n${programs.attempt('docker', ['compose', 'logs', '--tail=20']) ?? ''}`;
    throw error;
  } finally {
    // Even if the time is over.
    const env = { ...process.env, ...programs.variables };
    spawnSync('docker', ['compose', 'down', '--volumes', '--timeout', '5'], { env, stdio: 'ignore' });
  }
}

try {
  await report(async () => {
    await requireFreePorts();
    const engine = await findDocker(programs, scratch);
    try {
      await test(engine);
    } finally {
      await engine.stop();
    }
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
