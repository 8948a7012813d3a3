import cluster from 'node:cluster';
import { createLogger } from '../observability/logger.js';
import { readEnvironment } from '../config/environment.js';
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
      new Workers(environment.WEB_CONCURRENCY, await createLogger(environment)).start();
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
