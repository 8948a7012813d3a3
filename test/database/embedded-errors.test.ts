import { DatabaseFolderUnusable, operatorErrorOf } from '../../src/database/embedded-errors.js';
import { EmbeddedPostgresEnded } from '../../src/database/embedded-postgres.js';

const FULL =
  'The disk of DATA_DIR (/data) has no room left for the embedded database; no acknowledged change is lost: make room, ' +
  'or raise the quota or limit, and start the service again.';

/** An error with an SQLSTATE, or with the code of a system call. */
const coded = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

test.each<[string, unknown]>([
  ['disk_full', coded('53100', 'could not extend file "base/5/1259"')],
  ['the end of PostgreSQL on a full disk', new EmbeddedPostgresEnded('could not write: No space left on device')],
  ['the end of PostgreSQL at its quota', new EmbeddedPostgresEnded('could not write: Quota exceeded')],
  ['the end of PostgreSQL at the file size limit', new EmbeddedPostgresEnded('could not write: File too large')],
])('the operator is told that the disk is full after %s', (_, error) => {
  expect(operatorErrorOf('/data', error)).toMatchObject({ message: FULL });
});

test.each(['ENOSPC', 'EDQUOT'])('the operator is told that the disk is full after %s in DATA_DIR', (code) => {
  expect(new DatabaseFolderUnusable('/data', code).message).toBe(FULL);
});

test.each<[string, unknown, RegExp]>([
  [
    'a file cannot be read',
    coded('58030', 'could not read file "base/5/1259"'),
    /is damaged or incomplete \(could not/,
  ],
  ['a page is damaged', coded('XX001', 'invalid page'), /is damaged or incomplete \(invalid page\)/],
  ['its disk is read-only', new EmbeddedPostgresEnded('Read-only file system'), /cannot be written to \(Read-only/],
])('the operator is told about the embedded database if %s', (_, error, sentence) => {
  expect(operatorErrorOf('/data', error)).toMatchObject({ message: expect.stringMatching(sentence) as string });
});

test('an error that neither the disk nor a file caused is the same to the operator', () => {
  const error = coded('23505');
  expect(operatorErrorOf('/data', error)).toBe(error);
});
