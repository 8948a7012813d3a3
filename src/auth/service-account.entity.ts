import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/**
 * An internal caller that is not a medic. A trigger keeps the row, its name and its revocation for ever, so that
 * nobody can get a new account under the name of an old one.
 */
@Entity('service_account')
@Unique('service_account_name_unique', ['name'])
@Unique('service_account_digest_unique', ['digest'])
@Unique('service_account_previous_digest_unique', ['previousDigest'])
@Check('service_account_name_format', `name ~ '^[a-z0-9-]{1,64}$'`)
@Check(
  'service_account_scopes_known',
  `cardinality(scopes) > 0 AND scopes <@ ARRAY['decision:check', 'decision:search', 'token:introspect', 'event:read', 'record:read']`,
)
@Check('service_account_digest_length', 'octet_length(digest) = 32 AND octet_length(previous_digest) = 32')
@Check('service_account_term', `expires_at > issued_at AND expires_at - issued_at <= interval '731 days'`)
@Check('service_account_previous_key', '(previous_digest IS NULL) = (previous_until IS NULL)')
export class ServiceAccount {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'service_account_pkey' })
  id!: number;

  @Column('text')
  name!: string;

  /** Names of `scope.ts`. */
  @Column('text', { array: true })
  scopes!: string[];

  /** SHA-256 of the key. */
  @Column('bytea')
  digest!: Buffer;

  /** SHA-256 of the key before the last rotation; null if there was none. */
  @Column('bytea', { name: 'previous_digest', nullable: true })
  previousDigest!: Buffer | null;

  /** The previous key is invalid from this time on. */
  @Column('timestamptz', { name: 'previous_until', nullable: true })
  previousUntil!: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** Start of the term of the key: the creation, or the last rotation. */
  @Column('timestamptz', { name: 'issued_at', default: () => 'now()' })
  issuedAt!: Date;

  /** The key is invalid from this time on. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** No key of the account is valid from this time on. */
  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  /** Up to a minute late; null if no key was ever used. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  /** The entry of the record that put the row into its present state. Triggers set it. */
  @Column('uuid', { name: 'entry_id', nullable: true, select: false })
  entryId?: string | null;

  /** When the row was last in another state. */
  @Column('timestamptz', { name: 'entry_at', nullable: true, select: false })
  entryAt?: Date | null;
}
