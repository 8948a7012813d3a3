import { OperatorError } from '../../common/errors.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EEXIST: 'it already exists; choose another name',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
};

/** The file of an export cannot be opened, read or written. */
export class UnusableFile extends OperatorError {
  /** @param code system error code, such as `ENOENT` */
  constructor(path: string, code: string) {
    super(`The file ${path} cannot be used: ${REASONS[code] ?? code}.`);
  }
}

/** The file is not an export, or is incomplete. */
export class DamagedExport extends OperatorError {
  constructor(what: string) {
    super(`The file is not a complete export, so nothing was imported: ${what}.`);
  }
}

/** The schema of the export differs from that of the database. */
export class OtherSchema extends OperatorError {
  constructor(what: string) {
    super(
      `The schema of the export differs from that of this database, so nothing was imported: ${what}. Export and import with the same version of the service.`,
    );
  }
}

/** An import requires a new database. */
export class DatabaseNotEmpty extends OperatorError {
  constructor(table: string) {
    super(`The database already has rows in ${table}, so nothing was imported; import into a new database.`);
  }
}
