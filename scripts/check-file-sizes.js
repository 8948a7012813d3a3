/** Fails if a file of src is longer than 250 lines: it holds more than one concept. */
import { readFileSync, readdirSync } from 'node:fs';

const LONGEST = 250;

const longer = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map(({ parentPath, name }) => `${parentPath}/${name}`)
  .filter((path) => readFileSync(path, 'utf8').split('\n').length - 1 > LONGEST);

for (const path of longer) process.stdout.write(`${path} is longer than ${LONGEST} lines.\n`);
if (longer.length > 0) process.exitCode = 1;
