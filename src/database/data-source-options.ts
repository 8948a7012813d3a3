import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { ApiToken } from '../auth/api-token.entity.js';
import { instantOf } from './timestamps.js';
import { Hospital } from '../hospitals/hospital.entity.js';
import { HospitalPicture } from '../hospitals/hospital-picture.entity.js';
import { Medic } from '../medics/medic.entity.js';
import { Membership } from '../memberships/membership.entity.js';
import { Initial1767225600000 } from './migrations/1767225600000-initial.js';
import { AccountTrees1767312000000 } from './migrations/1767312000000-account-trees.js';
import { FoldedEmails1767398400000 } from './migrations/1767398400000-folded-emails.js';
import { SpecialtyVerified1767398400001 } from './migrations/1767398400001-specialty-verified.js';
import { ListIndexes1767830400000 } from './migrations/1767830400000-list-indexes.js';
import { SessionClient, verify, type SessionConfig } from './session-client.js';

const INSTANT_OID = 1184;
const parserOf = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => unknown;

/** How values of the database become values of JavaScript: an instant becomes the contract's text. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === INSTANT_OID ? instantOf : parserOf(oid, format),
};

const schema = {
  type: 'postgres' as const,
  entities: [Medic, ApiToken, Hospital, HospitalPicture, Membership],
  migrations: [
    Initial1767225600000,
    AccountTrees1767312000000,
    FoldedEmails1767398400000,
    SpecialtyVerified1767398400001,
    ListIndexes1767830400000,
  ],
  migrationsTableName: 'migration',
  synchronize: false,
  logging: false,
};

/** How long a statement may run, and how long a request may wait for a connection, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 5_000;
/**
 * How long the server waits for the next statement of a transaction, in milliseconds: what a process that
 * has been stopped in the middle of one has locked is free after that.
 */
const IDLE_TRANSACTION_TIMEOUT_MS = 15_000;
/** How long the answer of a replica is waited for, before the primary is asked. */
const REPLICA_TIMEOUT_MS = 2_000;

/**
 * How long a request waits for the answer to a statement, in milliseconds: longer than the server lets it
 * run, so that this is met only where the server does not answer at all.
 */
export const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;

const session = {
  connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  keepAlive: true,
  pipeline: true,
  types,
};

/** @returns the options of a connection to the replica at `url`, which is not waited for long */
export function replicaOptions(url: string): SessionConfig {
  return {
    ...session,
    acceptsStandby: true,
    connectionString: url,
    application_name: 'hospital-memberships',
    query_timeout: REPLICA_TIMEOUT_MS,
  };
}

/**
 * @param answerTimeout how long to wait for the answer to a statement, in milliseconds; for ever where it is
 *   absent, and a transaction may then idle for as long as it likes
 * @returns the options of a data source on a PostgreSQL server at `url`
 */
export function postgresOptions(url: string, answerTimeout?: number): DataSourceOptions {
  return {
    ...schema,
    url,
    applicationName: 'hospital-memberships',
    extra: {
      max: 10,
      ...session,
      Client: SessionClient,
      verify,
      ...(answerTimeout === undefined
        ? {}
        : { query_timeout: answerTimeout, idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS }),
    },
  };
}

/**
 * @param connection what PGlite's adapter gives for `pg`
 * @returns the options of a data source on an embedded database, which has one connection
 */
export function embeddedOptions(connection: object): DataSourceOptions {
  return {
    ...schema,
    extra: {
      ...connection,
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: 2 * CONNECTION_TIMEOUT_MS,
      pipeline: true,
      types,
      Client: SessionClient,
    },
  };
}
