import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { PageResponse } from '../../http/output/page-response.js';
import { MembershipType } from '../membership.entity.js';

export class MembershipMedicResponse {
  @ApiProperty({ type: 'integer', example: 2 })
  id!: number;

  @ApiProperty({ example: 'Ana María Núñez' })
  name!: string;

  @ApiProperty({ example: 'ana.nunez@example.org' })
  email!: string;
}

/** The membership object (section 2 of the contract). */
export class MembershipResponse {
  @ApiProperty({ type: 'integer', example: 2 })
  id!: number;

  @ApiProperty({ type: MembershipMedicResponse })
  medic!: MembershipMedicResponse;

  @ApiProperty({ type: 'integer', example: 1, description: 'Id of the hospital.' })
  hospital!: number;

  @ApiProperty({ enum: MembershipType, enumName: 'MembershipType', example: 'ADMIN' })
  type_membership!: MembershipType;

  @ApiProperty({ example: true, description: "Whether this is the medic's current active hospital." })
  is_active!: boolean;

  @ApiProperty({ example: false, description: 'Whether the medic can no longer see or select the hospital.' })
  is_deleted!: boolean;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2020-11-04T01:12:12.017392Z' })
  date_joined!: string;

  @ApiProperty(limitProperty('When the membership starts; null if it has no start.'))
  valid_from?: string | null;

  @ApiProperty(limitProperty('When the membership ends by itself: from this instant on it is not live.'))
  valid_until?: string | null;
}

/** A limit in time, which only limited memberships have. */
function limitProperty(description: string): ApiPropertyOptions {
  return {
    type: 'string',
    format: 'date-time',
    nullable: true,
    required: false,
    example: null,
    description: `${description} Both limits are absent if neither is set.`,
  };
}

export class MembershipPage extends PageResponse(MembershipResponse) {}

/** The response to the creation of a membership. */
export class CreatedMembershipResponse {
  @ApiProperty({ type: 'integer', example: 2 })
  id!: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'Id of the medic.' })
  medic!: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'Id of the hospital.' })
  hospital!: number;

  @ApiProperty({ enum: MembershipType, enumName: 'MembershipType', example: 'MEMBER' })
  type_membership!: MembershipType;
}

/** A row of {@link MEMBERSHIP_COLUMNS}. */
export interface MembershipRow {
  readonly id: number;
  readonly medic_id: number;
  readonly medic_name: string;
  readonly medic_email: string;
  readonly hospital_id: number;
  readonly type: MembershipType;
  readonly is_active: boolean;
  readonly is_deleted: boolean;
  readonly date_joined: string;
  readonly valid_from: string | null;
  readonly valid_until: string | null;
}

/** Select list of a {@link MembershipRow}, for `membership s JOIN medic m`. */
export const MEMBERSHIP_COLUMNS = `s.id, s.medic_id, m.name AS medic_name, m.email AS medic_email, s.hospital_id,
  s.type, s.is_active, s.is_deleted, s.date_joined, s.valid_from, s.valid_until`;

/**
 * @param medic SQL for the table `medic`, or for its locked row if the snapshot of the statement may be older than the
 *   lock
 * @returns the columns of a {@link MembershipRow} that an INSERT into `membership` returns
 */
export const insertedMembership = (
  medic = 'medic',
) => `membership.id, membership.medic_id, membership.hospital_id, membership.type,
  membership.is_active, membership.is_deleted, membership.date_joined, membership.valid_from, membership.valid_until,
  (SELECT m.name FROM ${medic} m WHERE m.id = membership.medic_id) AS medic_name,
  (SELECT m.email FROM ${medic} m WHERE m.id = membership.medic_id) AS medic_email`;

/** @returns the membership object of the contract */
export function toMembershipResponse(row: MembershipRow): MembershipResponse {
  const isLimited = row.valid_from !== null || row.valid_until !== null;
  return {
    id: row.id,
    medic: { id: row.medic_id, name: row.medic_name, email: row.medic_email },
    hospital: row.hospital_id,
    type_membership: row.type,
    is_active: row.is_active,
    is_deleted: row.is_deleted,
    date_joined: row.date_joined,
    ...(isLimited ? { valid_from: row.valid_from, valid_until: row.valid_until } : {}),
  };
}

/** @returns the response to the creation of a membership */
export function toCreatedMembershipResponse(row: MembershipRow): CreatedMembershipResponse {
  return { id: row.id, medic: row.medic_id, hospital: row.hospital_id, type_membership: row.type };
}
