import type { Snapshot } from './exposition.js';

type LabelValue = string | number;

/** Name, help and labels of a metric. */
interface Description {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** One value of a label, after those of the labels before it. */
class Node<Series> {
  readonly next = new Map<LabelValue, Node<Series>>();
  series: Series | undefined;
}

/**
 * A metric that is counted for every request or more often. prom-client builds a text of all labels to find a series,
 * which takes longer than to count; this finds it by one map for each label.
 */
abstract class FastMetric<Series> {
  private readonly root = new Node<Series>();
  protected readonly all: { readonly labels: Record<string, LabelValue>; readonly series: Series }[] = [];

  constructor(protected readonly description: Description) {}

  /** @returns what prom-client's registry returns for a metric of its own */
  abstract snapshot(): Snapshot[number];

  protected abstract create(): Series;

  /** @returns the series with these values of the labels, in the order of their names */
  protected find(...values: readonly LabelValue[]): Series {
    let node = this.root;
    for (const value of values) {
      let next = node.next.get(value);
      if (next === undefined) node.next.set(value, (next = new Node()));
      node = next;
    }
    return (node.series ??= this.add(values));
  }

  protected snapshotOf(type: 'counter' | 'histogram', values: readonly object[]): Snapshot[number] {
    const { name, help } = this.description;
    // The types declare a number where the registry stores a word.
    return { name, help, type, aggregator: 'sum', values } as unknown as Snapshot[number];
  }

  private add(values: readonly LabelValue[]): Series {
    const labels = Object.fromEntries(this.description.labelNames.map((name, index) => [name, values[index] ?? '']));
    const series = this.create();
    this.all.push({ labels, series });
    return series;
  }
}

export class FastCounter extends FastMetric<{ value: number }> {
  /** Adds one to the series with these values of the labels, in the order of their names. */
  count(...values: readonly LabelValue[]): void {
    this.find(...values).value += 1;
  }

  snapshot(): Snapshot[number] {
    const values = this.all.map(({ labels, series: { value } }) => ({ labels, value }));
    return this.snapshotOf('counter', values);
  }

  protected create(): { value: number } {
    return { value: 0 };
  }
}

export class FastHistogram extends FastMetric<{ sum: number; readonly counts: number[] }> {
  /** @param bounds the upper bounds of its buckets, in ascending order */
  constructor(
    description: Description,
    private readonly bounds: readonly number[],
  ) {
    super(description);
  }

  /** Adds a number to the series with these values of the labels, in the order of their names. */
  observe(value: number, ...values: readonly LabelValue[]): void {
    const series = this.find(...values);
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
  }

  snapshot(): Snapshot[number] {
    const { name } = this.description;
    const values = this.all.flatMap(({ labels, series: { sum, counts } }) => {
      let count = 0;
      const buckets = [...this.bounds, '+Inf'].map((le, index) => {
        count += counts[index] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return this.snapshotOf('histogram', values);
  }

  protected create(): { sum: number; readonly counts: number[] } {
    return { sum: 0, counts: Array.from({ length: this.bounds.length + 1 }, () => 0) };
  }
}
