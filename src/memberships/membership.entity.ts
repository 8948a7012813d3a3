import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  Unique,
  type Relation,
} from 'typeorm';
import { Hospital } from '../hospitals/hospital.entity.js';
import { Medic } from '../medics/medic.entity.js';

/** `ADMIN` may edit the hospital and its memberships; `MEMBER` may only use the hospital. */
export enum MembershipType {
  ADMIN = 'ADMIN',
  MEMBER = 'MEMBER',
}

/** The membership of one medic at one hospital. "Live" means neither deleted nor outside its time. */
@Entity('membership')
@Unique('membership_one_per_medic_and_hospital', ['medicId', 'hospitalId'])
@Index('membership_one_active_per_medic', ['medicId'], { unique: true, where: 'is_active AND NOT is_deleted' })
@Index('membership_live_of_medic', ['medicId', 'id'], { where: 'NOT is_deleted' })
@Index('membership_by_hospital_and_state', [
  'hospitalId',
  'isDeleted',
  'type',
  'isActive',
  'id',
  'validFrom',
  'validUntil',
])
@Index('membership_by_hospital', ['hospitalId', 'isDeleted', 'dateJoined', 'id'])
@Index('membership_of_hospital_by_medic', ['hospitalId', 'medicId'])
@Index(
  'membership_limited_newest_first',
  ['hospitalId', 'isDeleted', 'dateJoined', 'id', 'validFrom', 'validUntil', 'type', 'isActive'],
  { where: 'valid_from IS NOT NULL OR valid_until IS NOT NULL' },
)
@Index('membership_due', ['dueAt'], { where: 'due_at IS NOT NULL' })
@Check('membership_starts_before_end', 'valid_from < valid_until')
@Check(
  'membership_limits_in_range',
  ['valid_from', 'valid_until']
    .map((column) => `${column} >= '0001-01-01T00:00:00Z' AND ${column} < '10000-01-01T00:00:00Z'`)
    .join(' AND '),
)
@Check('membership_type_known', `type IN ('ADMIN', 'MEMBER')`)
export class Membership {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'membership_pkey' })
  id!: number;

  @Column('integer', { name: 'medic_id' })
  medicId!: number;

  @Column('integer', { name: 'hospital_id' })
  hospitalId!: number;

  @Column('text')
  type!: MembershipType;

  /** Whether this is the medic's active hospital. The value is kept while the membership is deleted. */
  @Column('boolean', { name: 'is_active' })
  isActive!: boolean;

  @Column('boolean', { name: 'is_deleted', default: false })
  isDeleted!: boolean;

  @Column('timestamptz', { name: 'date_joined', default: () => 'now()' })
  dateJoined!: Date;

  /** The first instant at which it is in force; null if it has no start. */
  @Column('timestamptz', { name: 'valid_from', nullable: true })
  validFrom?: Date | null;

  /** The first instant at which it is not in force anymore; null if it has no end. */
  @Column('timestamptz', { name: 'valid_until', nullable: true })
  validUntil?: Date | null;

  /** The next start or end, which the record must show. Triggers set it; null without one, or while deleted. */
  @Column('timestamptz', { name: 'due_at', nullable: true, select: false })
  dueAt?: Date | null;

  /** The entry of the record that put the row into its present state. Triggers set it; null until `migrate` is done. */
  @Column('uuid', { name: 'entry_id', nullable: true, select: false })
  entryId?: string | null;

  /** When the row was last in another state. */
  @Column('timestamptz', { name: 'entry_at', nullable: true, select: false })
  entryAt?: Date | null;

  @ManyToOne(() => Medic, { onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'medic_id', foreignKeyConstraintName: 'membership_medic_fkey' })
  medic?: Relation<Medic>;

  @ManyToOne(() => Hospital, { onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'hospital_id', foreignKeyConstraintName: 'membership_hospital_fkey' })
  hospital?: Relation<Hospital>;
}
