/**
 * Prepares every SQL statement of src/ on a migrated database, and compares the columns of its result with the type
 * argument of the `query<Row>()` call that sends it. Fails if a statement is invalid, if a column is missing, unknown or
 * of another type, or if the text of a statement cannot be determined. Needs a build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { EmbeddedDataSource } from '../dist/src/database/embedded-data-source.js';
import { migrate } from '../dist/src/database/schema.js';
import { differencesOf } from './sql/row-types.js';
import { statementsOfQuestions, statementsOfRoutes } from './sql/routes.js';
import { statementsOf } from './sql/statements.js';

/**
 * Statements built from the tables and columns of the database, all of which the tests run, and those that find the
 * caller of a request, which are checked for each route.
 */
const NOT_CONSTANT =
  /^src\/(cli\/(transfer|seed)\/|database\/begin-record.ts|record\/bulk.ts|auth\/(callers.reader|last-use|prefetch).ts|prefetch\/)/;

const oneLine = (text) => text.replace(/\s+/g, ' ');

const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-sql-'));
const database = await EmbeddedDataSource.open(join(folder, 'data'));
const problems = new Set();
const unknown = new Set();
const checked = new Set();
try {
  await database.initialize();
  await migrate(database);
  const { checker, found } = await statementsOf();
  for (const { place, texts, row, typeOf } of [...found, ...statementsOfRoutes(), ...statementsOfQuestions()]) {
    if (texts.length === 0) unknown.add(place);
    for (const text of texts.flatMap((each) => each.split(/;\s+/))) {
      checked.add(text);
      try {
        const { resultFields } = await database.postgres.pglite.describeQuery(text);
        const differences = differencesOf(checker, row, typeOf, resultFields);
        for (const difference of differences) problems.add(`${place}: ${difference}\n    ${oneLine(text)}`);
      } catch (error) {
        problems.add(`${place}: ${error.message}\n    ${oneLine(text)}`);
      }
    }
  }
} finally {
  await database.destroy();
  rmSync(folder, { recursive: true });
}
for (const place of [...unknown].filter((each) => !NOT_CONSTANT.test(each)))
  problems.add(`${place}: the text of the statement depends on more than constants`);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(
  `${checked.size} SQL statements prepared, ${unknown.size} known only at run time, ${problems.size} problems.\n`,
);
if (problems.size > 0) process.exitCode = 1;
