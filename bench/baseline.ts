import { readFileSync, writeFileSync } from 'node:fs';
import type { Result } from './measure.js';
import { ratioOf } from './table.js';

const FILE = 'bench/baseline.json';
/** A ratio below this share of the committed one is a regression. */
const SHARE = 0.85;

type Baseline = Record<string, number>;

/** Saves the ratios of a run for {@link compareWithBaseline}. */
export function saveBaseline({ scenarios }: Result): void {
  const ratios: Baseline = {};
  for (const { scenario, samples } of scenarios) ratios[scenario.name] = Math.round(ratioOf(samples) * 1000) / 1000;
  writeFileSync(FILE, `${JSON.stringify(ratios, null, 2)}\n`);
}

/** Prints each ratio next to the committed one. @returns false if one of them is a regression */
export function compareWithBaseline({ scenarios }: Result): boolean {
  const baseline = JSON.parse(readFileSync(FILE, 'utf8')) as Baseline;
  const rows = scenarios.map(({ scenario, samples }) => {
    const committed = baseline[scenario.name] ?? Number.NaN;
    const ratio = ratioOf(samples);
    return { endpoint: scenario.name, committed, ratio, share: ratio / committed, passes: ratio >= SHARE * committed };
  });
  console.table(rows);
  return rows.every(({ passes }) => passes);
}
