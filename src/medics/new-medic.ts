import type { Transaction } from '../database/transaction.js';
import { emailKeyOf, type Medic } from './medic.entity.js';
import { EmailTaken } from './medic.errors.js';

/** The columns of a new medic. Absent ones get the default of the table. */
export type NewMedic = Pick<Medic, 'name' | 'email'> & Partial<Medic>;

/** Inserts nothing if the email is taken, so that no id is lost. TypeORM does not build `INSERT … SELECT`. */
const INSERT = `
  INSERT INTO medic (name, email, email_key, password_hash, date_of_birth, cedula_prof, specialty_no, specialty,
    alma_mater, female, campaign, is_active, created_by_id)
  SELECT $1, $2, $3, $4, $5::date, $6, $7, $8, $9, $10::boolean, $11, $12::boolean, $13::integer
  WHERE NOT EXISTS (SELECT FROM medic WHERE email_key = $3) RETURNING id`;

/**
 * Inserts a medic.
 * @returns the new id
 * @throws EmailTaken another medic has the email. The unique constraint reports it instead if that medic is being
 *   inserted concurrently.
 */
export async function insertMedic(transaction: Transaction, medic: NewMedic): Promise<number> {
  const [created] = await transaction.query<{ id: number }>(INSERT, [
    medic.name,
    medic.email,
    emailKeyOf(medic.email),
    medic.passwordHash ?? null,
    medic.dateOfBirth ?? null,
    medic.cedulaProf ?? null,
    medic.specialtyNo ?? null,
    medic.specialty ?? null,
    medic.almaMater ?? null,
    medic.female ?? null,
    medic.campaign ?? '',
    medic.isActive ?? true,
    medic.createdById ?? null,
  ]);
  if (created === undefined) throw new EmailTaken();
  return created.id;
}
