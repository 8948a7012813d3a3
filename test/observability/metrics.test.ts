import { expose, totalOf, typeFor, type Snapshot } from '../../src/observability/metrics/exposition.js';
import { Metrics } from '../../src/observability/metrics/metrics.js';
import { decisions } from '../../src/observability/events.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('the media type of metrics', () => {
  test.each([
    [undefined, TEXT],
    ['', TEXT],
    ['*/*', TEXT],
    ['application/json', TEXT],
    ['text/plain', TEXT],
    ['application/openmetrics-text', OPEN_METRICS],
    ['Application/OpenMetrics-Text; Version=1.0.0', OPEN_METRICS],
    ['application/openmetrics-text;version=0.0.1', TEXT],
    ['application/openmetrics-text;version=2.0.0, text/plain', TEXT],
    ['application/openmetrics-text;q=0', TEXT],
    ['application/openmetrics-text;q=0.4, text/plain;q=0.5', TEXT],
    ['application/openmetrics-text;q=0.5, text/plain;q=0.5', OPEN_METRICS],
    ['text/plain;version=0.0.4;q=0.2, application/openmetrics-text;version=1.0.0;q=0.5, */*;q=0.1', OPEN_METRICS],
    ['application/openmetrics-text;q=x', TEXT],
  ])('Accept: %s gets %s', (accept, type) => {
    expect(typeFor(accept)).toBe(type);
  });
});

/** @returns the lines of the samples of a metric */
async function linesOf(snapshots: Snapshot[], name: string, type = TEXT): Promise<string[]> {
  const { text } = await expose(snapshots, type);
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('metrics', () => {
  let metrics: Metrics;
  beforeEach(() => (metrics = new Metrics('Last1')));
  afterEach(() => {
    metrics.close();
  });

  test('a decision that is sent is counted by its action and result', async () => {
    decisions.send({ action: 'membership:view', result: 'allow' });
    decisions.send({ action: 'membership:view', result: 'deny' });
    decisions.send({ action: 'membership:view', result: 'deny' });
    const snapshot = await metrics.snapshot();
    for (const type of [TEXT, OPEN_METRICS]) {
      expect(await linesOf([snapshot], 'memberships_decisions_total', type)).toEqual([
        'memberships_decisions_total{action="membership:view",result="allow"} 1',
        'memberships_decisions_total{action="membership:view",result="deny"} 2',
      ]);
    }
  });

  test('however many actions are sent, their labels are few', async () => {
    for (let sent = 0; sent < 1000; sent += 1) decisions.send({ action: `a${String(sent)}`, result: 'deny' });
    const lines = await linesOf([await metrics.snapshot()], 'memberships_decisions_total');
    expect(lines).toHaveLength(33);
    expect(lines.at(-1)).toBe('memberships_decisions_total{action="other",result="deny"} 968');
  });

  test('metrics that are closed count nothing anymore', async () => {
    metrics.close();
    decisions.send({ action: 'a', result: 'deny' });
    expect(await linesOf([await metrics.snapshot()], 'memberships_decisions_total')).toEqual([]);
  });

  test('a gauge without a value has no sample', async () => {
    metrics.gauge('memberships_test', 'A test.', 'max');
    expect(await linesOf([await metrics.snapshot()], 'memberships_test')).toEqual([]);
  });

  test.each([
    ['sum', 5],
    ['min', 2],
    ['max', 3],
  ] as const)('a gauge of several processes is their %s', async (combine, expected) => {
    const gauge = metrics.gauge('memberships_test', 'A test.', combine);
    const snapshots: Snapshot[] = [];
    for (const value of [3, 2]) {
      gauge.set(value);
      snapshots.push(structuredClone(await metrics.snapshot()));
    }
    expect(await linesOf(snapshots, 'memberships_test')).toEqual([`memberships_test ${String(expected)}`]);
  });

  test('a process that has ended leaves its counters and no gauges', async () => {
    metrics.gauge('memberships_test', 'A test.', 'sum').set(1);
    decisions.send({ action: 'a', result: 'allow' });
    const last = await metrics.snapshot();
    const total = await totalOf([last, last]);
    expect(await linesOf([total], 'memberships_test')).toEqual([]);
    expect(await linesOf([total], 'memberships_decisions_total')).toEqual([
      'memberships_decisions_total{action="a",result="allow"} 2',
    ]);
  });
});
