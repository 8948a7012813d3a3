import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, type Relation } from 'typeorm';
import { Medic } from '../medics/medic.entity.js';

/** A key of a medic. Only its digest is stored. */
@Entity('api_token')
@Unique('api_token_digest_unique', ['digest'])
@Index('api_token_by_medic', ['medicId'])
export class ApiToken {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'api_token_pkey' })
  id!: number;

  @Column('integer', { name: 'medic_id' })
  medicId!: number;

  @Column('text')
  label!: string;

  /** Whether a log-in issued the key; a later log-in may then replace it. */
  @Column('boolean', { name: 'is_login', default: false })
  isLogin!: boolean;

  /** SHA-256 of the key. */
  @Column('bytea')
  digest!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** The key is invalid from this time on; null if it never expires. */
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  /** Up to a minute late; null if the key was never used. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  /** The entry of the record that put the row into its present state. Triggers set it; null until `migrate` is done. */
  @Column('uuid', { name: 'entry_id', nullable: true, select: false })
  entryId?: string | null;

  /** When the row was last in another state. */
  @Column('timestamptz', { name: 'entry_at', nullable: true, select: false })
  entryAt?: Date | null;

  @ManyToOne(() => Medic, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'medic_id', foreignKeyConstraintName: 'api_token_medic_fkey' })
  medic?: Relation<Medic>;
}
