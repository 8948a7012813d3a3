import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Scenario } from './scenarios.js';
import type { Scene } from './scene.js';
import { LOAD_CORE } from './cores.js';

/** Number of persistent connections, each of which sends one request after another. */
export const CONNECTIONS = 32;

/** Upper bound of the mean pause, for servers that hardly respond. */
const MOST_REST_MS = 1000;

/** Result of one load. */
export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** In milliseconds. */
  readonly median: number;
  readonly p99: number;
}

/** Parameters of one load. */
export interface LoadOptions {
  readonly url: string;
  /** Duration in seconds. */
  readonly seconds: number;
  /** The `n` of the first request. */
  readonly first: number;
  /** Pause before each request of a connection, in milliseconds; 0 for full speed. */
  readonly rest: number;
  /** Default: {@link CONNECTIONS}. */
  readonly connections?: number;
}

/** Distance between the first requests of two loads, more than a load sends. */
const STRIDE = 150_000;

/** Numbers the requests of each scenario, so that no membership is created twice in one database. */
export class RequestNumbers {
  private readonly last = new Map<Scenario, number>();

  /** @returns the `n` of the first request of the next load */
  next(scenario: Scenario): number {
    const first = (this.last.get(scenario) ?? 0) + STRIDE;
    this.last.set(scenario, first);
    return first;
  }
}

/**
 * Loads a server with wrk.
 * @throws Error if a request failed or got no response
 */
export async function load(scenario: Scenario, scene: Scene, options: LoadOptions): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const script = join(folder, 'load.lua');
    writeFileSync(script, luaOf(scenario, scene, options));
    const connections = String(options.connections ?? CONNECTIONS);
    const wrk = [
      'wrk',
      '-t1',
      '--timeout',
      '10s',
      `-c${connections}`,
      `-d${String(options.seconds)}s`,
      '-s',
      script,
      options.url,
    ];
    const { stdout } = await promisify(execFile)('taskset', ['-c', LOAD_CORE, ...wrk]);
    return readReport(scenario.name, stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readReport(name: string, output: string): Load {
  const [, line = ''] = /^RESULT (.*)$/m.exec(output) ?? [];
  const result = JSON.parse(line) as { requests: number; us: number; median: number; p99: number; failures: object };
  if (Object.values(result.failures).some((count) => count > 0))
    throw new Error(`${name}: requests failed: ${JSON.stringify(result.failures)}`);
  return {
    requests: result.requests,
    requestsPerSecond: result.requests / (result.us / 1e6),
    median: result.median / 1000,
    p99: result.p99 / 1000,
  };
}

function luaOf(scenario: Scenario, scene: Scene, { first, rest }: LoadOptions): string {
  const { actors, serviceKey } = scene;
  const list = (values: readonly (string | number)[]) => `{${values.map((value) => JSON.stringify(value)).join(',')}}`;
  return `
local keys = ${list(actors.map(({ key }) => key))}
local readHospitals = ${list(actors.map(({ readHospital }) => readHospital))}
local writeHospitals = ${list(actors.map(({ writeHospital }) => writeHospital))}
local memberships = ${list(interleave(actors.map(({ members }) => members)))}
local headers = {}
actors = #keys
members = #memberships
for i, key in ipairs(keys) do
  headers[i] = { ['Authorization'] = 'Token ' .. key, ['Content-Type'] = 'application/json' }
end
SERVICE = 0
headers[SERVICE] = { ['Authorization'] = 'Bearer ${serviceKey}', ['Content-Type'] = 'application/json' }
function token(n) return n % actors + 1 end
function readHospital(n) return readHospitals[n % actors + 1] end
function writeHospital(n) return writeHospitals[n % actors + 1] end
function member(n) return memberships[n % members + 1] end
${scenario.prepare?.(scene) ?? ''}
local n = ${String(first)}
local function next_request() ${scenario.lua(scene)}
end
function request()
  local method, path, actor, body = next_request()
  n = n + 1
  return wrk.format(method, path, headers[actor], body)
end
${rest > 0 ? `function delay() return math.random(0, ${String(Math.round(2 * Math.min(rest, MOST_REST_MS)))}) end` : ''}
function done(summary, latency, requests)
  local e = summary.errors
  local failures = string.format('{"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}', e.connect,
    e.read, e.write, e.status, e.timeout)
  print(string.format('RESULT {"requests": %d, "us": %d, "median": %d, "p99": %d, "failures": %s}', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), failures))
end
`;
}

/** Orders the members so that number n belongs to the hospital of actor n. */
function interleave(lists: readonly (readonly number[])[]): number[] {
  const shortest = Math.min(...lists.map(({ length }) => length));
  return Array.from({ length: shortest }, (_, index) => lists.map((list) => list[index] ?? 0)).flat();
}
