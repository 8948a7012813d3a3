import { ApiProperty } from '@nestjs/swagger';
import { isAdmin, live } from '../../access/rights.sql.js';
import { PageResponse } from '../../http/output/page-response.js';

/** The medic object (section 6 of the contract). */
export class MedicResponse {
  @ApiProperty({ type: 'integer', example: 2 })
  id!: number;

  @ApiProperty({ example: 'Ana María Núñez' })
  name!: string;

  @ApiProperty({ example: 'ana.nunez@example.org' })
  email!: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 1, description: 'Id of the current active hospital.' })
  hospital!: number | null;

  @ApiProperty({ type: 'string', format: 'date', nullable: true, example: '1984-05-17' })
  date_of_birth!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: '12345678' })
  cedula_prof!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: null })
  specialty_no!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'Cardiología' })
  specialty!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'UANL' })
  alma_mater!: string | null;

  @ApiProperty({ type: 'boolean', nullable: true, example: true })
  female!: boolean | null;

  @ApiProperty({ example: true })
  is_active!: boolean;

  @ApiProperty({ example: false, description: 'Whether the operator has verified the specialty.' })
  specialty_verified!: boolean;

  @ApiProperty({ example: '' })
  campaign!: string;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    example: false,
    description: 'Whether the medic is an ADMIN of `hospital`; null without one.',
  })
  is_admin_membership!: boolean | null;
}

/** A new medic with its first key. */
export class CreatedMedicResponse extends MedicResponse {
  @ApiProperty({
    example: 'hmk_00000000000000000000000000000000xxxxxxx',
    description: 'The first key of the medic, shown only here.',
  })
  token!: string;
}

export class MedicPage extends PageResponse(MedicResponse) {}

/** A row of {@link MEDIC_COLUMNS}, from {@link MEDIC_SOURCE}. */
export type MedicRow = MedicResponse;

/** Select list of a {@link MedicRow}. */
export const MEDIC_COLUMNS = `m.id, m.name, m.email, a.hospital_id AS hospital,
  to_char(m.date_of_birth, 'YYYY-MM-DD') AS date_of_birth, m.cedula_prof, m.specialty_no, m.specialty,
  m.alma_mater, m.female, m.is_active, m.specialty_verified, m.campaign, ${isAdmin('a')} AS is_admin_membership`;

/** The tables of a {@link MedicRow}, to follow `FROM`. */
export const MEDIC_SOURCE = `medic m LEFT JOIN membership a ON a.medic_id = m.id AND a.is_active AND ${live('a')}`;

export function toMedicResponse(row: MedicRow): MedicResponse {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    hospital: row.hospital,
    date_of_birth: row.date_of_birth,
    cedula_prof: row.cedula_prof,
    specialty_no: row.specialty_no,
    specialty: row.specialty,
    alma_mater: row.alma_mater,
    female: row.female,
    is_active: row.is_active,
    specialty_verified: row.specialty_verified,
    campaign: row.campaign,
    is_admin_membership: row.is_admin_membership,
  };
}
