import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, type Relation } from 'typeorm';

/** An account of the API: a person or an integrator. */
@Entity('medic')
@Unique('medic_email_unique', ['emailKey'])
@Index('medic_by_creator', ['createdById', 'id'])
@Index('medic_inactive', ['id'], { where: 'NOT is_active' })
export class Medic {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'medic_pkey' })
  id!: number;

  @Column('text')
  name!: string;

  /** As entered. */
  @Column('text')
  email!: string;

  /** `emailKeyOf(email)`, which uniqueness and look-ups use. */
  @Column('text', { name: 'email_key' })
  emailKey!: string;

  /** An argon2id hash in PHC format; null for an account without a password. */
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

  /**
   * The first medic in the chain of creators; the medic itself if nobody created it. A trigger sets it on insert. It
   * identifies the tree of accounts that share limits, even after the root was deleted.
   */
  @Column('integer', { name: 'root_id' })
  rootId!: number;

  /** The entry of the record that put the row into its present state. Triggers set it; null until `migrate` is done. */
  @Column('uuid', { name: 'entry_id', nullable: true, select: false })
  entryId?: string | null;

  /** When the row was last in another state. */
  @Column('timestamptz', { name: 'entry_at', nullable: true, select: false })
  entryAt?: Date | null;

  @ManyToOne(() => Medic, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'created_by_id', foreignKeyConstraintName: 'medic_created_by_fkey' })
  createdBy?: Relation<Medic>;
}

/** Foldings that differ from the lower case of the upper case. These letters equal none of their look-alikes. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // Dotless small i and dotted capital I.
  ı: 'ı',
  İ: 'İ',
  // Unicode 15.1 made these letters equal; older versions did not.
  '\u1fd3': '\u0390',
  '\u1fe3': '\u03b0',
  '\ufb05': '\ufb06',
};

/**
 * Returns the key by which emails are compared, so that letter case does not matter. Each letter is mapped by the
 * simple case folding of Unicode (C + S of CaseFolding.txt). It is computed here, because `lower()` depends on the
 * locale of the database.
 */
export function emailKeyOf(email: string): string {
  return email.replaceAll(/[A-Z]|\P{ASCII}/gu, fold);
}

function fold(letter: string): string {
  const exception = EXCEPTIONS[letter];
  if (exception !== undefined) return exception;
  // Upper case first, because some capitals have two small letters, such as the Greek sigma.
  const upper = singleOr(letter, letter.toUpperCase());
  return /\p{Script=Cherokee}/u.test(letter) ? upper : singleOr(letter, upper.toLowerCase());
}

/** @returns the mapping if it is a single letter. Longer ones, such as `SS` for `ß`, are not simple foldings. */
function singleOr(letter: string, mapped: string): string {
  return Array.from(mapped).length === 1 ? mapped : letter;
}
