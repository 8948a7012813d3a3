import { Counter, Histogram, Registry } from 'prom-client';
import { expose, type Snapshot } from '../../src/observability/metrics/exposition.js';
import { FastCounter, FastHistogram } from '../../src/observability/metrics/series.js';

const BOUNDS = [0.0025, 0.5, 1];
const VALUES = [0, 0.0025, 0.002500001, 0.4, 0.5, 1, 1.000001, 700];
const LABELS: readonly (readonly [string, number])[] = [
  ['GET', 200],
  ['GET', 404],
  // A text that would be the same as another series without borders between the labels.
  ['GET2', 0],
  ['GET', 200],
];

async function textOf(snapshot: Snapshot): Promise<string[]> {
  const { text } = await expose([snapshot], Registry.PROMETHEUS_CONTENT_TYPE);
  // The order of labels has no meaning.
  return text
    .split('\n')
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => labels.split(',').sort().join()));
}

const labelNames = ['method', 'status'];

test('a histogram is exposed as one of prom-client with the same observations', async () => {
  const description = { name: 'seconds', help: 'Help.', labelNames };
  const registry = new Registry();
  const theirs = new Histogram({ ...description, buckets: BOUNDS, registers: [registry] });
  const ours = new FastHistogram(description, BOUNDS);
  for (const [method, status] of LABELS)
    for (const value of VALUES) {
      theirs.observe({ method, status }, value);
      ours.observe(value, method, status);
    }
  const expected = await textOf(await registry.getMetricsAsJSON());
  expect(expected.length).toBeGreaterThan(15);
  expect(await textOf([ours.snapshot()])).toEqual(expected);
});

test('a counter is exposed as one of prom-client with the same counts', async () => {
  const description = { name: 'things_total', help: 'Help.', labelNames };
  const registry = new Registry();
  const theirs = new Counter({ ...description, registers: [registry] });
  const ours = new FastCounter(description);
  for (const [method, status] of LABELS) {
    theirs.inc({ method, status });
    ours.count(method, status);
  }
  const expected = await textOf(await registry.getMetricsAsJSON());
  expect(expected.length).toBeGreaterThan(4);
  expect(await textOf([ours.snapshot()])).toEqual(expected);
});

test('a metric that has counted nothing has no sample', async () => {
  const ours = new FastHistogram({ name: 'seconds', help: 'Help.', labelNames }, BOUNDS);
  expect((await textOf([ours.snapshot()])).filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
});
