import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, type Relation } from 'typeorm';

/** A person, or an integrator's account, that acts on the API. */
@Entity('medic')
@Unique('medic_email_unique', ['emailKey'])
@Index('medic_by_creator', ['createdById', 'id'])
export class Medic {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'medic_pkey' })
  id!: number;

  @Column('text')
  name!: string;

  /** As it was given. */
  @Column('text')
  email!: string;

  /** `emailKeyOf(email)`: what uniqueness and look-ups compare. */
  @Column('text', { name: 'email_key' })
  emailKey!: string;

  /** argon2id in PHC format; null for an account that has no password. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  @Column('date', { name: 'date_of_birth', nullable: true })
  dateOfBirth!: string | null;

  @Column('text', { name: 'cedula_prof', nullable: true })
  cedulaProf!: string | null;

  @Column('text', { name: 'specialty_no', nullable: true })
  specialtyNo!: string | null;

  @Column('text', { nullable: true })
  specialty!: string | null;

  @Column('text', { name: 'alma_mater', nullable: true })
  almaMater!: string | null;

  @Column('boolean', { nullable: true })
  female!: boolean | null;

  @Column('text', { default: '' })
  campaign!: string;

  @Column('boolean', { name: 'is_active', default: true })
  isActive!: boolean;

  @Column('boolean', { name: 'specialty_verified', default: false })
  specialtyVerified!: boolean;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('integer', { name: 'created_by_id', nullable: true })
  createdById!: number | null;

  @ManyToOne(() => Medic, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'created_by_id', foreignKeyConstraintName: 'medic_created_by_fkey' })
  createdBy?: Relation<Medic>;
}

/**
 * The form in which emails are compared, so that those which differ by case are one. It is computed
 * here because what a database's `lower()` does depends on its locale.
 */
export function emailKeyOf(email: string): string {
  // By way of upper case: some letters have two lower-case forms, such as the Greek sigma.
  return email.toUpperCase().toLowerCase();
}
