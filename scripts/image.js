/**
 * Builds the image with Docker or Podman, starts it as compose.yaml hardens it, with its embedded database, and asks for
 * what a user asks first. Prints "skipped" and the reason if this machine cannot do that.
 *
 * If the base image cannot be pulled, root builds a substitute from Debian's packages and npm's Node, with mmdebstrap.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, findBase, findEngine, IMAGE } from './containers/build-image.js';
import { print, Programs, report } from './containers/programs.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** After this time a container that is not ready counts as broken, in milliseconds. */
const READY_MS = 60_000;

/** Upper bound of the image's size, Debian and Node included. */
const MAX_MEGABYTES = 300;

const scratch = mkdtempSync(`${tmpdir()}/hospital-memberships-image-`);
const programs = new Programs(Number(process.env.IMAGE_MINUTES ?? 4));

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
    programs.run(engine, 'run', '--detach', '--network', 'host', '--name', name, ...hardened, ...settings, IMAGE);
    const url = `http://127.0.0.1:${port}`;
    const started = Date.now();
    while (!(await ask(`${url}/health/ready`, 200).catch(() => false))) {
      if (Date.now() - started > READY_MS)
        throw new Error(`The container is not ready:\n${programs.run(engine, 'logs', name)}`);
      if (programs.attempt(engine, ['inspect', '--format', '{{.State.Running}}', name]) !== 'true') {
        throw new Error(`The container has ended:\n${programs.run(engine, 'logs', name)}`);
      }
      await sleep(200);
    }
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    const said = JSON.parse(await ask(`${url}/version`, 200));
    if (said.version !== version || said.commit !== commit) throw new Error(`/version is ${JSON.stringify(said)}`);
    for (const path of ['/docs', '/openapi.json', '/.well-known/jwks.json']) await ask(url + path, 200);
    programs.attempt(engine, ['logs', name]);
    const [token] = /hmk_\w+/.exec(programs.output);
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
    programs.run(engine, 'stop', '--time', '20', name);
    const code = programs.run(engine, 'inspect', '--format', '{{.State.ExitCode}}', name);
    if (code !== '0') throw new Error(`The container ended with status ${code}.`);
  } finally {
    spawnSync(engine, ['rm', '--force', '--volumes', name], { env: { ...process.env, ...programs.variables } });
  }
}

try {
  await report(async () => {
    const engine = findEngine(programs, scratch);
    const base = findBase(programs, engine, scratch);
    const commit = build(programs, engine, base, scratch);
    const bytes = Number(programs.run(engine, 'image', 'inspect', '--format', '{{.Size}}', IMAGE));
    const megabytes = Math.round(bytes / 1e6);
    print(`${IMAGE}: ${megabytes} MB on ${base}, built by ${engine}.`);
    if (megabytes > MAX_MEGABYTES) throw new Error(`The image has more than ${MAX_MEGABYTES} MB.`);
    await use(engine, commit);
    print('The image starts, serves and stops.');
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
