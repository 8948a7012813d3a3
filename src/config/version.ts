import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The name and version in package.json. */
export const { name: NAME, version: VERSION } = require('#package.json') as { name: string; version: string };

/**
 * The commit that the program was built from, in 40 hexadecimal digits, with `-dirty` if files differed from it; null
 * if the build could not tell.
 */
export const COMMIT = commitOfBuild();

/** `scripts/build.js` writes the file. */
function commitOfBuild(): string | null {
  try {
    return (require('#build.json') as { commit: string | null }).commit;
  } catch {
    return null;
  }
}
