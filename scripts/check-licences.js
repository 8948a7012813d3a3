/** Fails if a package that the service ships with has a licence that requires more than attribution. */
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

/** Reads the installed package; the lock file only covers optional packages for other platforms. */
function licenceOf(path, entry) {
  const file = `${path}/package.json`;
  if (!existsSync(file)) return entry.optional || entry.devOptional ? entry.license : 'not installed: run npm ci';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8'));
  const named = license ?? licenses?.map(({ type }) => type).join(' OR ');
  return named?.type ?? named;
}

/** @param expression SPDX expression; one licence of an OR must be permissive, every licence of an AND */
function isPermissive(expression = '') {
  const names = expression.replaceAll(/[()]/g, '').split(/ (?:OR|AND) /);
  const isListed = (name) => PERMISSIVE.has(name);
  return names.every(isListed) || (!expression.includes(' AND ') && names.some(isListed));
}

for (const { path, version, licence = 'none' } of offenders) {
  process.stderr.write(`${path} ${version}: the licence ${licence} is not permissive\n`);
}
process.stdout.write(`licences: ${shipped.length} packages, ${offenders.length} without a permissive licence\n`);
if (offenders.length > 0) process.exitCode = 1;
