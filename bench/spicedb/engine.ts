import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SERVER_CORE } from '../cores.js';
import { BenchServer } from '../servers.js';

const VERSION = 'v1.56.2';
const FOLDER = resolve('node_modules/.cache/spicedb');
const BINARY = `${FOLDER}/spicedb`;

/** The key of its clients. */
export const KEY = 'a-key-of-the-benchmark';

/** Compiles SpiceDB if it is not there, which takes many minutes and needs Go. */
export function installSpiceDb(): void {
  if (existsSync(BINARY)) return;
  console.log(`Compiling SpiceDB ${VERSION} …`);
  execFileSync('nice', ['go', 'install', `github.com/authzed/spicedb/cmd/spicedb@${VERSION}`], {
    env: { ...process.env, GOBIN: FOLDER },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/**
 * Creates its tables and starts it with its HTTP gateway, on the core of the measured servers.
 * @param databaseUrl an empty database
 */
export async function startSpiceDb(databaseUrl: string, port: number): Promise<BenchServer> {
  const store = ['--datastore-engine=postgres', `--datastore-conn-uri=${databaseUrl}?sslmode=disable`];
  const quiet = ['--log-level=fatal', '--skip-release-check'];
  const env = { PATH: process.env['PATH'] };
  execFileSync(BINARY, ['datastore', 'migrate', 'head', ...store, ...quiet], { env, stdio: 'inherit' });
  const addresses = [`--http-addr=127.0.0.1:${String(port)}`, `--grpc-addr=127.0.0.1:${String(port + 1)}`];
  // Nothing leaves this machine.
  const extras = ['--http-enabled', '--telemetry-endpoint=', '--metrics-enabled=false'];
  const command = [BINARY, 'serve', `--grpc-preshared-key=${KEY}`, ...addresses, ...store, ...quiet, ...extras];
  return BenchServer.run({ name: 'spicedb', command, env, port, cores: SERVER_CORE, path: '/openapi.json' });
}
