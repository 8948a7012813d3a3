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

  /**
   * The first medic of its chain of creators, itself if nobody created it. The database sets it on insert, and it
   * outlives that medic: it names the tree of accounts that limits count together.
   */
  @Column('integer', { name: 'root_id' })
  rootId!: number;

  @ManyToOne(() => Medic, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'created_by_id', foreignKeyConstraintName: 'medic_created_by_fkey' })
  createdBy?: Relation<Medic>;
}

/** Foldings that are not the lower case of the upper case: none of these letters equals the one that it looks like. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // The dotless i, and the capital with a dot.
  ı: 'ı',
  İ: 'İ',
  // Letters that Unicode 15.1 made equal; older versions have each by itself.
  '\u1fd3': '\u0390',
  '\u1fe3': '\u03b0',
  '\ufb05': '\ufb06',
};

/**
 * The form in which emails are compared, so that those which differ by case are one: each letter by Unicode's simple
 * case folding (C + S of CaseFolding.txt). It is computed here because what a database's `lower()` does depends on its
 * locale.
 */
export function emailKeyOf(email: string): string {
  return email.replaceAll(/[A-Z]|\P{ASCII}/gu, foldOf);
}

function foldOf(letter: string): string {
  const exception = EXCEPTIONS[letter];
  if (exception !== undefined) return exception;
  // By way of upper case, because some capitals have two small letters, such as the Greek sigma.
  const upper = oneOr(letter, letter.toUpperCase());
  return /\p{Script=Cherokee}/u.test(letter) ? upper : oneOr(letter, upper.toLowerCase());
}

/** @returns a mapping if it is one letter; those to several are not simple ones, such as `SS` for `ß` */
function oneOr(letter: string, mapped: string): string {
  return Array.from(mapped).length === 1 ? mapped : letter;
}
