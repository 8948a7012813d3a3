import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { run } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';

const folder = process.env['TEST_PROMETHEUS'];
const withPrometheus = folder === undefined ? describe.skip : describe;
const programs = folder ?? '';

/** Runs promtool. @returns its output; it fails the test if promtool finds a fault */
async function promtool(...args: string[]): Promise<string> {
  return (await promisify(execFile)(join(programs, 'promtool'), args)).stdout;
}

/** Asks whether the first medic may prescribe at its first hospital, and administer one that is not there. */
async function ask(url: string, key: string): Promise<void> {
  const question = (action: string, hospital: string) => ({
    subject: { type: 'medic', id: '1' },
    action: { name: action },
    resource: { type: 'hospital', id: hospital },
  });
  await fetch(`${url}/access/v1/evaluations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ evaluations: [question('prescribe', '1'), question('administer', '999999')] }),
  });
}

const isAboutDecisions = (expression: string) => expression.includes('memberships_decisions_total');

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

withPrometheus('the rules of alerts', () => {
  test('promtool accepts the rules and the example of a configuration', async () => {
    expect(await promtool('check', 'rules', 'deploy/prometheus/alerts.yml')).toContain('SUCCESS');
    expect(await promtool('check', 'config', 'deploy/prometheus/prometheus.yml')).toContain('SUCCESS');
  });

  test('every alert fires when it should, and is silent when nothing is wrong', async () => {
    expect(await promtool('test', 'rules', 'test/metrics/alerts.yml')).toContain('SUCCESS');
    const alerts = [...readFileSync('deploy/prometheus/alerts.yml', 'utf8').matchAll(/alert: (\w+)/g)];
    const tested = readFileSync('test/metrics/alerts.yml', 'utf8');
    for (const [, name = ''] of alerts) expect([name, tested.split(name).length - 1]).toEqual([name, 2]);
  });

  test('the document explains every alert', () => {
    const document = readFileSync('docs/operations.md', 'utf8');
    for (const [, name = ''] of readFileSync('deploy/prometheus/alerts.yml', 'utf8').matchAll(/alert: (\w+)/g)) {
      expect([name, document.includes(`\`${name}\``)]).toEqual([name, true]);
    }
  });
});

withPrometheus('a Prometheus that scrapes the service', () => {
  const start = useProcesses();
  let database: TestDatabase;
  let scratch: string;
  let prometheus: ChildProcess;
  let api: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.dataSource.destroy();
    scratch = mkdtempSync(join(tmpdir(), 'hospital-memberships-prometheus-'));
  });
  afterEach(async () => {
    const ended = once(prometheus, 'exit');
    prometheus.kill('SIGKILL');
    await ended;
    rmSync(scratch, { recursive: true, force: true });
    await database.drop();
  });

  /** Starts Prometheus with the example of a configuration, apart from the address and the interval. */
  async function startPrometheus(target: string): Promise<void> {
    const config = readFileSync('deploy/prometheus/prometheus.yml', 'utf8');
    cpSync('deploy/prometheus/alerts.yml', join(scratch, 'alerts.yml'));
    writeFileSync(
      join(scratch, 'prometheus.yml'),
      config.replace('127.0.0.1:9464', target).replace('scrape_interval: 15s', 'scrape_interval: 1s'),
    );
    const address = `127.0.0.1:${String(await freePort())}`;
    api = `http://${address}/api/v1`;
    const settings = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${address}`];
    prometheus = spawn(join(programs, 'prometheus'), settings, { cwd: scratch, stdio: 'ignore' });
    await until(async () => (await fetch(`${api}/status/buildinfo`).catch(() => null))?.ok);
  }

  interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }

  /** @returns the series in the result of a query */
  async function resultsOf(expression: string): Promise<Sample[]> {
    const query = expression.replaceAll('$job', 'hospital-memberships').replaceAll('$__rate_interval', '30s');
    const response = await fetch(`${api}/query`, { method: 'POST', body: new URLSearchParams({ query }) });
    const { status, data } = (await response.json()) as {
      status: string;
      data?: { result: Sample[] };
    };
    expect([expression, status]).toEqual([expression, 'success']);
    return (data?.result ?? []).filter(({ value: [, value] }) => value !== 'NaN');
  }

  test('every query of the dashboard returns data, and promtool accepts the metrics', async () => {
    const token = (await run(database.variables, 'medic', 'create', '--name', 'A', '--email', 'a@example.org')).out;
    await run(database.variables, 'webhook', 'add', '--name', 'payroll', '--url', 'https://hooks.example.org/');
    const scope = ['--scope', 'decision:check'];
    const key = (await run(database.variables, 'service', 'create', '--name', 'asker', ...scope)).out.trimEnd();
    const server = start({ ...database.variables, RATE_LIMIT: '0', METRICS_PORT: '0' });
    const [, metrics = ''] = await server.printed(/"msg":"Metrics at (http:[^"]+)"/);
    const url = await server.url();
    await startPrometheus(new URL(metrics).host);
    const over = new AbortController();
    const load = (async () => {
      for (let name = 1; !over.signal.aborted; name += 1) {
        const headers = { authorization: `Token ${token.trimEnd()}` };
        const body = new URLSearchParams({ name: String(name), patron: 'P', location: 'L', contact: 'C' });
        await fetch(`${url}/api/v2/hospital/`, { method: 'POST', headers, body });
        await fetch(`${url}/api/v2/management/memberships/`, { headers });
        await fetch(`${url}/api/v2/locations/`);
        await ask(url, key);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboard.json', 'utf8')) as Dashboard;
    expect(panels.length).toBeGreaterThan(10);
    for (const { expr } of panels.flatMap(({ targets }) => targets))
      await until(async () => (await resultsOf(expr)).length > 0);
    const [decisions = ''] = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).filter(isAboutDecisions);
    for (const expected of [
      { action: 'prescribe', result: 'allow' },
      { action: 'administer', result: 'deny' },
    ])
      await until(async () =>
        (await resultsOf(decisions)).some(
          ({ metric, value: [, rate] }) => isDeepStrictEqual(metric, expected) && Number(rate) > 0,
        ),
      );
    over.abort();
    await load;
    const { output } = await check(await (await fetch(metrics)).text());
    expect(output).toBe('');
  });

  /** @returns what `promtool check metrics` says about a text */
  async function check(text: string): Promise<{ output: string }> {
    const child = spawn(join(programs, 'promtool'), ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
    child.stdin.end(text);
    await once(child, 'close');
    return { output };
  }
});
