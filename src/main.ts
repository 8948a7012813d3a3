import { readEnvironment } from './config/environment.js';
import { startServer } from './start-server.js';
import { sentenceOf } from './start-failure.js';

try {
  await startServer(readEnvironment(process.env), (text) => process.stdout.write(text));
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(1);
}
