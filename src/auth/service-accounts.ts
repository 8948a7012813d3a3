import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OPERATOR } from '../database/actor.js';
import { standAloneReads } from '../database/pool.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { RecentKeys } from './recent-keys.js';
import { SCOPE_NAMES, type Scope } from './scope.js';
import { NoSuchService, ServiceIsRevoked, ServiceNameTaken } from './service.errors.js';
import { digestOf, generateKey } from './token-key.js';

/** The settings of a new service account. */
export interface NewService {
  /** 1 to 64 of `a-z 0-9 -`, never used before. */
  readonly name: string;
  /** At least one. */
  readonly scopes: readonly Scope[];
  /** The key is invalid from this time on, at most two years ahead; a year by default. */
  readonly expiresAt?: string | undefined;
}

/** A service account without its key or digests. */
export interface ServiceSummary {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

/** A key of a service account, which cannot be read again. */
export interface IssuedKey {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expires_at: string;
  readonly key: string;
}

/** A service account that was revoked by this call. */
export interface RevokedService {
  readonly id: number;
  readonly name: string;
  readonly revoked_at: string;
}

const ISSUED = 'id, name, scopes, expires_at';

/** Creates, rotates, revokes and lists service accounts, for the operator (section 10 of the contract). */
@Injectable()
export class ServiceAccounts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly recent: RecentKeys = new RecentKeys(),
  ) {}

  /**
   * @returns the account with its key
   * @throws ServiceNameTaken an account has, or had, the name
   */
  create({ name, scopes, expiresAt }: NewService): Promise<IssuedKey> {
    const granted = SCOPE_NAMES.filter((scope) => scopes.includes(scope));
    return inTransaction(this.dataSource, OPERATOR, (transaction) =>
      this.issue(
        transaction,
        `INSERT INTO service_account (digest, name, scopes, expires_at)
         VALUES ($1, $2, $3, COALESCE($4, now() + interval '1 year'))
         ON CONFLICT ON CONSTRAINT service_account_name_unique DO NOTHING RETURNING ${ISSUED}`,
        [name, granted, expiresAt ?? null],
        () => new ServiceNameTaken(),
      ),
    );
  }

  /**
   * Replaces the key of an account, also an expired one. The new key is valid for as long as the old one was when it was
   * issued. A key from before an earlier rotation stops working at once.
   * @param grace how long the old key stays valid, in seconds, unless it expires before
   * @returns the account with its new key
   * @throws NoSuchService, ServiceIsRevoked
   */
  rotate(name: string, grace: number): Promise<IssuedKey> {
    return inTransaction(this.dataSource, OPERATOR, (transaction) =>
      this.issue(
        transaction,
        `UPDATE service_account SET digest = $1, previous_digest = digest,
           previous_until = LEAST(expires_at, now() + make_interval(secs => $3)),
           issued_at = now(), expires_at = now() + (expires_at - issued_at)
         WHERE name = $2 AND revoked_at IS NULL RETURNING ${ISSUED}`,
        [name, grace],
        () => refusalOf(transaction, name),
      ),
    );
  }

  /**
   * Revokes an account for ever: none of its keys works from the next request on.
   * @throws NoSuchService, ServiceIsRevoked
   */
  revoke(name: string): Promise<RevokedService> {
    return inTransaction(this.dataSource, OPERATOR, async (transaction) => {
      const [revoked] = await transaction.query<RevokedService>(
        `UPDATE service_account SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL
         RETURNING id, name, revoked_at`,
        [name],
      );
      if (revoked === undefined) throw await refusalOf(transaction, name);
      return revoked;
    });
  }

  /** @returns all accounts, revoked ones too, ordered by id */
  list(): Promise<ServiceSummary[]> {
    return standAloneReads(this.dataSource).query<ServiceSummary>(
      'SELECT id, name, scopes, created_at, expires_at, revoked_at, last_used_at FROM service_account ORDER BY id',
    );
  }

  /** @param text stores the digest $1 and returns {@link ISSUED}, or nothing */
  private async issue(
    transaction: Transaction,
    text: string,
    values: readonly unknown[],
    refusal: () => Error | Promise<Error>,
  ): Promise<IssuedKey> {
    const key = generateKey('service');
    const digest = digestOf(key);
    const [issued] = await transaction.query<Omit<IssuedKey, 'key'>>(text, [digest, ...values]);
    if (issued === undefined) throw await refusal();
    // The key is looked up even if its first request comes from an address with many failures.
    this.recent.note(digest);
    return { ...issued, key };
  }
}

/** @returns why the account, which no statement has changed, cannot be changed */
async function refusalOf(transaction: Transaction, name: string): Promise<Error> {
  const accounts = await transaction.query('SELECT FROM service_account WHERE name = $1', [name]);
  return accounts.length === 0 ? new NoSuchService() : new ServiceIsRevoked();
}
