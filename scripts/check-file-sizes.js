/** Fails if a file of src has more than 250 lines, because it then contains more than one concept. */
import { readFileSync, readdirSync } from 'node:fs';

const MAX_LINES = 250;

const longer = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map(({ parentPath, name }) => `${parentPath}/${name}`)
  .filter((path) => readFileSync(path, 'utf8').split('\n').length - 1 > MAX_LINES);

for (const path of longer) process.stdout.write(`${path} has more than ${MAX_LINES} lines; split it.\n`);
if (longer.length > 0) process.exitCode = 1;
