import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { PageResponse } from '../../http/output/page-response.js';
import { MembershipType } from '../../memberships/membership.entity.js';
import { entryOf, HOSPITAL_ENTRY_TYPES, type EntryActor, type EntryState, type EntryType } from '../entry.js';
import { EffectiveField } from './effective.field.js';

const LIMIT = { type: 'string', format: 'date-time', nullable: true, required: false, example: null } as const;

/** The state of a membership before or after a change. */
export class MembershipStateResponse {
  @ApiProperty({ enum: MembershipType, enumName: 'MembershipType', example: 'ADMIN' })
  type_membership!: MembershipType;

  @ApiProperty({ example: true, description: "Whether it was the medic's current active hospital." })
  is_active!: boolean;

  @ApiProperty({ example: false, description: 'Whether it was deleted.' })
  is_deleted!: boolean;

  @ApiProperty({ ...LIMIT, description: 'When it starts. Absent, like `valid_until`, if neither was set.' })
  valid_from?: string | null;

  @ApiProperty({ ...LIMIT, description: 'When it ends by itself.' })
  valid_until?: string | null;
}

/** The state of a hospital before or after a change. */
export class HospitalStateResponse {
  @ApiProperty({ example: true })
  is_active!: boolean;
}

/** Who made a change. */
export class HistoryActorResponse {
  @ApiProperty({
    enum: ['medic', 'operator', 'clock', 'database'],
    example: 'medic',
    description:
      '`operator`: the command line. `clock`: the service, at the time that somebody set. `database`: SQL by hand.',
  })
  type!: EntryActor['type'];

  @ApiProperty({ type: 'integer', required: false, example: 1, description: 'Id of the medic.' })
  id?: number;
}

const STATE = {
  oneOf: [
    { $ref: getSchemaPath(MembershipStateResponse) },
    { $ref: getSchemaPath(HospitalStateResponse) },
    { type: 'null' },
  ],
};

/** A change of a membership or a hospital (section 12 of the contract), as the people of the hospital may see it. */
@ApiExtraModels(MembershipStateResponse, HospitalStateResponse)
export class ChangeResponse {
  @ApiProperty({ type: 'integer', minimum: 1, example: 48213, description: 'Position in the record of all changes.' })
  position!: number;

  @ApiProperty({ type: 'string', format: 'uuid', example: '8b0e6f1c-3f0b-4f4e-9a53-0d8a5d1f8a11' })
  id!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-11-28T01:12:12.017392Z' })
  at!: string;

  @EffectiveField()
  effective?: string;

  @ApiProperty({
    enum: [...HOSPITAL_ENTRY_TYPES, 'record.began'],
    example: 'membership.created',
    description: '`record.began`: it was in this state when the record was introduced.',
  })
  type!: EntryType;

  @ApiProperty({ type: 'integer', nullable: true, example: 2, description: 'Id of the membership.' })
  membership!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 2, description: "Id of the membership's medic." })
  medic!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 1, description: 'Id of the hospital.' })
  hospital!: number | null;

  @ApiProperty({ ...STATE, example: null, description: 'State before the change; null if it did not exist.' })
  before!: EntryState | null;

  @ApiProperty({
    ...STATE,
    example: { type_membership: 'MEMBER', is_active: true, is_deleted: false },
    description: 'State after the change; null if it does not exist anymore.',
  })
  after!: EntryState | null;

  @ApiProperty({ type: HistoryActorResponse })
  actor!: HistoryActorResponse;
}

export class ChangePage extends PageResponse(ChangeResponse) {}

/**
 * @param body of an entry, as stored
 * @returns the entry without the key and the request that it names, and without the role of SQL by hand
 */
export function toChangeResponse(body: string): ChangeResponse {
  const { position, id, at, effective, type, membership, medic, hospital, before, after, actor } = entryOf(body);
  const shown = actor.type === 'medic' ? { type: actor.type, id: actor.id } : { type: actor.type };
  const limit = effective === undefined ? {} : { effective };
  return { position, id, at, ...limit, type, membership, medic, hospital, before, after, actor: shown };
}
