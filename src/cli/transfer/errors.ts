import { OperatorError } from '../../common/errors.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to it',
  EEXIST: 'it exists already; name another one',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
};

/** The file of an export cannot be opened, read or written. */
export class UnusableFile extends OperatorError {
  /** @param code the system's, such as `ENOENT` */
  constructor(path: string, code: string) {
    super(`The file ${path} cannot be used: ${REASONS[code] ?? code}.`);
  }
}

/** The file is no export, or lacks a part of one. */
export class DamagedExport extends OperatorError {
  /** @param what tells whoever has to find out why */
  constructor(what: string) {
    super(`The file is not a whole export, so nothing was imported: ${what}.`);
  }
}

/** The export was made on another schema than that of the database. */
export class OtherSchema extends OperatorError {
  constructor(what: string) {
    super(
      `The schema of the export is not that of this database, so nothing was imported: ${what}. Export and import with the same version of the service.`,
    );
  }
}

/** An import goes only into a new database. */
export class DatabaseNotEmpty extends OperatorError {
  constructor(table: string) {
    super(`The database has rows in ${table} already; an import goes only into a new database. Nothing was imported.`);
  }
}
