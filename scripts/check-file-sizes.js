/** Fails where the files of src grow too long to read: a median over 60 lines, or a file over 250. */
import { readFileSync, readdirSync } from 'node:fs';

const MEDIAN = 60;
const LONGEST = 250;

const lengths = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => ({
    name: `${entry.parentPath}/${entry.name}`,
    lines: countLines(`${entry.parentPath}/${entry.name}`),
  }))
  .sort((a, b) => a.lines - b.lines);

function countLines(path) {
  return readFileSync(path, 'utf8').split('\n').length - 1;
}

const median = lengths[Math.floor(lengths.length / 2)].lines;
const longest = lengths.at(-1);
process.stdout.write(
  `src: ${lengths.length} files, median ${median} lines, longest ${longest.lines} (${longest.name})\n`,
);
if (median > MEDIAN || longest.lines > LONGEST) process.exitCode = 1;
