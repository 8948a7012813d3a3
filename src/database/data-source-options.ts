import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { ApiToken } from '../auth/api-token.entity.js';
import { ServiceAccount } from '../auth/service-account.entity.js';
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
import { RecordTables1767916800000 } from './migrations/1767916800000-record-tables.js';
import { RecordSequencing1767916800001 } from './migrations/1767916800001-record-sequencing.js';
import { RecordTriggers1767916800002 } from './migrations/1767916800002-record-triggers.js';
import { DecisionSearches1768700000000 } from './migrations/1768700000000-decision-searches.js';
import { ServiceAccounts1768500000000 } from './migrations/1768500000000-service-accounts.js';
import { Webhooks1768600000000 } from './migrations/1768600000000-webhooks.js';
import { Idempotency1768800000000 } from './migrations/1768800000000-idempotency.js';
import { LimitedMemberships1768900000000 } from './migrations/1768900000000-limited-memberships.js';
import { InactiveRows1768950000000 } from './migrations/1768950000000-inactive-rows.js';
import { LimitedListIndex1769000000000 } from './migrations/1769000000000-limited-list-index.js';
import { SessionClient, verify, type SessionConfig } from './session-client.js';

const BIGINT_OID = 20;
const TIMESTAMPTZ_OID = 1184;
const parserOf = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => unknown;

/**
 * Type parsers: a `timestamptz` becomes the text of the contract; a `bigint` becomes a number, because no position or age
 * exceeds 2^53. Everything else is parsed by `pg`.
 */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown => {
    if (oid === TIMESTAMPTZ_OID) return instantOf;
    return oid === BIGINT_OID ? Number : parserOf(oid, format);
  },
};

const schema = {
  type: 'postgres' as const,
  entities: [Medic, ApiToken, Hospital, HospitalPicture, Membership, ServiceAccount],
  migrations: [
    Initial1767225600000,
    AccountTrees1767312000000,
    FoldedEmails1767398400000,
    SpecialtyVerified1767398400001,
    ListIndexes1767830400000,
    RecordTables1767916800000,
    RecordSequencing1767916800001,
    RecordTriggers1767916800002,
    ServiceAccounts1768500000000,
    Webhooks1768600000000,
    DecisionSearches1768700000000,
    Idempotency1768800000000,
    LimitedMemberships1768900000000,
    InactiveRows1768950000000,
    LimitedListIndex1769000000000,
  ],
  migrationsTableName: 'migration',
  migrationsTransactionMode: 'each' as const,
  synchronize: false,
  logging: false,
};

/** Upper bounds for the execution of a statement of the server and for the wait for a connection, in milliseconds. */
export const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 5_000;
/**
 * How long a transaction may idle, in milliseconds. The server then releases the locks of a process that was suspended
 * in the middle of a transaction.
 */
const IDLE_TRANSACTION_TIMEOUT_MS = 15_000;
/** How long to wait for a replica before falling back to the primary, in milliseconds. */
const REPLICA_TIMEOUT_MS = 2_000;

/**
 * How long a request waits for the result of a statement, in milliseconds. It exceeds the statement timeout, so it
 * expires only if the server does not respond at all.
 */
export const RESPONSE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;

const session = {
  connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  keepAlive: true,
  pipeline: true,
  types,
};

/**
 * @param url a replica
 * @returns connection options with a short timeout
 */
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
 * @param url a PostgreSQL server
 * @param answerTimeout how long to wait for the result of a statement, in milliseconds. If absent, statements and waits
 *   are unlimited, and transactions may idle.
 * @returns options of a data source
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
        ? // Also overrides a timeout of the role. A text, because pg leaves the number 0 out.
          { statement_timeout: '0' }
        : { query_timeout: answerTimeout, idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS }),
    },
  };
}

/**
 * @param connection the pool options that PGlite's adapter for `pg` returns
 * @returns options of a data source for the embedded database, which has a single connection
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
