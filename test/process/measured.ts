import { run } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { useProcesses } from '../support/process.js';

/** Servers with metrics, on a database of their own for each test of a file. */
export class MeasuredServers {
  database!: TestDatabase;
  private readonly start = useProcesses();

  /** @param prepare changes the empty database before anything uses it */
  constructor(prepare: (database: TestDatabase) => Promise<void>) {
    beforeEach(async () => {
      this.database = await createTestDatabase();
      await prepare(this.database);
      await this.database.dataSource.destroy();
    });
    afterEach(() => this.database.drop());
  }

  /** Runs a command of the operator. @returns the key that it prints */
  async key(...args: string[]): Promise<string> {
    return (await run(this.database.variables, ...args)).out.trimEnd();
  }

  /** Starts a server. @returns its URL and that of its metrics */
  async serve(variables: Record<string, string> = {}): Promise<{ url: string; metrics: string }> {
    const server = this.start({ ...this.database.variables, RATE_LIMIT: '0', METRICS_PORT: '0', ...variables });
    const [, metrics = ''] = await server.printed(/"msg":"Metrics at (http:[^"]+)"/);
    return { url: await server.url(), metrics };
  }
}

/** @returns the samples of the metrics: name and labels -> value */
export async function scrape(metrics: string): Promise<Map<string, number>> {
  const text = await (await fetch(metrics)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** @returns the samples of one metric: labels -> value */
export function samplesOf(samples: Map<string, number>, name: string): Record<string, number> {
  const own = [...samples].filter(([series]) => series.startsWith(`${name}{`));
  return Object.fromEntries(own.map(([series, value]) => [series.slice(name.length), value]));
}
