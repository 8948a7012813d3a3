/**
 * Removes from node_modules what the running service never loads, for the image: type declarations, source maps,
 * documents, tests, and builds for browsers or bundlers. `npm run test:image` shows that the rest works.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MODULES = 'node_modules';

const FILES = /\.(map|md|markdown|[cm]?ts|tsbuildinfo)$/i;
/** Licences require that these texts stay with the code. */
const LEGAL = /^(licen[cs]e|notice|copying|patents)/i;
/** Folders at the top of a package. */
const FOLDERS = /^(\.github|tests?|benchmarks?|examples?|docs)$/;

/** Parts of packages that Node does not load; each must exist, so that the list follows the packages. */
const UNUSED = [
  // Extensions of PostgreSQL that the service does not use.
  '@electric-sql/pglite/dist/contrib',
  '@electric-sql/pglite/dist/live',
  '@opentelemetry/api/build/esm',
  '@opentelemetry/api/build/esnext',
  'class-transformer/bundles',
  'class-transformer/esm2015',
  'class-transformer/esm5',
  'class-validator/bundles',
  'class-validator/esm2015',
  'class-validator/esm5',
  'libphonenumber-js/bundle',
  'rxjs/dist/bundles',
  'rxjs/dist/esm',
  'rxjs/dist/esm5',
  'swagger-ui-dist/swagger-ui-es-bundle-core.js',
  'swagger-ui-dist/swagger-ui-es-bundle.js',
  'typeorm/browser',
  // An optional peer of a dependency.
  'typescript',
];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

for (const path of UNUSED) {
  if (!existsSync(`${MODULES}/${path}`))
    throw new Error(`${MODULES}/${path} is missing: update scripts/prune-modules.js.`);
  remove(path);
}
const prebuilds = 'fs-native-extensions/prebuilds';
const platform = `${process.platform}-${process.arch}`;
for (const name of readdirSync(`${MODULES}/${prebuilds}`)) if (name !== platform) remove(`${prebuilds}/${name}`);
prunePackages(MODULES);

/** Prunes every package in a folder `node_modules`. */
function prunePackages(modules) {
  for (const name of readdirSync(modules)) {
    const path = `${modules}/${name}`;
    if (name.startsWith('@')) prunePackages(path);
    else if (!name.startsWith('.')) prune(path, true);
  }
}

function prune(folder, isPackage) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) {
      if (FILES.test(entry.name) && !LEGAL.test(entry.name)) rmSync(path);
    } else if (isPackage && FOLDERS.test(entry.name)) rmSync(path, { recursive: true });
    else if (isPackage && entry.name === 'node_modules') prunePackages(path);
    else prune(path, false);
  }
}

function remove(path) {
  rmSync(`${MODULES}/${path}`, { recursive: statSync(`${MODULES}/${path}`).isDirectory() });
}
