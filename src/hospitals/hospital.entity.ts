import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A place that a medic prescribes from: a hospital, a clinic, a consulting room. */
@Entity('hospital')
@Index('hospital_inactive', ['id'], { where: 'NOT is_active' })
export class Hospital {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'hospital_pkey' })
  id!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('text')
  name!: string;

  /** The name printed on prescriptions. */
  @Column('text')
  patron!: string;

  @Column('text')
  location!: string;

  @Column('text')
  contact!: string;

  @Column('text', { default: '' })
  headline!: string;

  /** True for US Letter. */
  @Column('boolean', { name: 'page_size', default: false })
  pageSize!: boolean;

  @Column('text', { name: 'page_template', default: 'classic' })
  pageTemplate!: string;

  @Column('boolean', { name: 'is_active', default: true })
  isActive!: boolean;

  @Column('boolean', { default: false })
  info!: boolean;

  @Column('boolean', { name: 'send_emails', default: true })
  sendEmails!: boolean;

  @Column('text', { name: 'zip_code', default: '' })
  zipCode!: string;

  @Column('text', { name: 'location_lat', default: '' })
  locationLat!: string;

  @Column('text', { name: 'location_lon', default: '' })
  locationLon!: string;

  @Column('text', { name: 'google_place_id', default: '' })
  googlePlaceId!: string;

  /** The entry of the record that put the row into its present state. Triggers set it; null until `migrate` is done. */
  @Column('uuid', { name: 'entry_id', nullable: true, select: false })
  entryId?: string | null;

  /** When the row was last in another state. */
  @Column('timestamptz', { name: 'entry_at', nullable: true, select: false })
  entryAt?: Date | null;
}
