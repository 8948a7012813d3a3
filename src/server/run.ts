import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { createLogger } from '../observability/logger.js';
import { readEnvironment, type Environment } from '../config/environment.js';
import { VERSION } from '../config/version.js';
import { sentenceOf } from './start-failure.js';
import { drainWithoutPrimary, Workers } from './workers.js';

/**
 * Runs the service, or the primary of its workers. If it cannot start, prints the reason and ends the process.
 * @param args the arguments of the program; `--version` only prints the version
 */
export async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--version')) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  try {
    const environment = readEnvironment(process.env);
    if (environment.WEB_CONCURRENCY > 1 && cluster.isPrimary) {
      const logger = await createLogger(environment);
      if (environment.METRICS_PORT !== undefined) await serveWorkerMetrics(environment, logger);
      new Workers(environment.WEB_CONCURRENCY, logger).start();
    } else {
      if (cluster.worker !== undefined) drainWithoutPrimary(cluster.worker);
      // Loaded on demand, because the primary of workers does not need the application.
      const { startServer } = await import('./start-server.js');
      await startServer(environment, (text) => process.stdout.write(text));
    }
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exit(1);
  }
}

async function serveWorkerMetrics(environment: Environment, logger: Logger): Promise<void> {
  const { serveMetrics } = await import('./metrics-server.js');
  const { WorkerMetrics } = await import('./worker-metrics.js');
  await serveMetrics(new WorkerMetrics(), environment, logger);
}
