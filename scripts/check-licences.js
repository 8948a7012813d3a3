/** Fails if a production dependency has a licence that demands more than attribution. */
import { existsSync, readFileSync } from 'node:fs';

const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const shipped = Object.entries(packages).filter(([path, entry]) => path !== '' && !entry.dev && !entry.link);
const offenders = shipped
  .map(([path, entry]) => ({ path, version: entry.version, licence: licenceOf(path, entry) }))
  .filter(({ licence }) => !isPermissive(licence));

/** Checks installed packages; the lock file also lists packages for other platforms. */
function licenceOf(path, entry) {
  const file = `${path}/package.json`;
  if (!existsSync(file)) return entry.optional || entry.devOptional ? entry.license : 'not installed: run npm ci';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8'));
  const named = license ?? licenses?.map(({ type }) => type).join(' OR ');
  return named?.type ?? named;
}

/** @param expression an SPDX expression: with OR one licence must be acceptable, with AND all of them */
function isPermissive(expression = '') {
  const names = expression.replaceAll(/[()]/g, '').split(/ (?:OR|AND) /);
  const does = (name) => PERMISSIVE.has(name);
  return names.every(does) || (!expression.includes(' AND ') && names.some(does));
}

for (const { path, version, licence = 'none' } of offenders) {
  process.stderr.write(`${path} ${version}: the licence is ${licence}\n`);
}
process.stdout.write(`licences: ${shipped.length} packages, ${offenders.length} with one that is not on the list\n`);
if (offenders.length > 0) process.exitCode = 1;
