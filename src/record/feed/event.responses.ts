import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ProblemResponse } from '../../http/output/problem.response.js';
import type { Entry, EntryActor, EntryState, EntryType } from '../entry.js';
import { EffectiveField } from '../dto/effective.field.js';

const ABOUT = (what: string, example: number) => ({
  type: 'integer' as const,
  nullable: true,
  example,
  description: `Id of the ${what} that it concerns; null if it concerns none.`,
});

const STATE = (when: string) => ({
  type: 'object' as const,
  nullable: true,
  additionalProperties: true,
  example: { type_membership: 'MEMBER', is_active: true, is_deleted: when === 'after' },
  description: `The state ${when} the change; null if it did not exist.`,
});

/** An entry of the record. */
export class EventResponse implements Entry {
  @ApiProperty({ type: 'integer', minimum: 1, example: 48213, description: 'Position in the record, without gaps.' })
  position!: number;

  @ApiProperty({ format: 'uuid', example: '8b0e6f1c-4c3b-4c0e-9d3a-2f4f6f1f7a10' })
  id!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-28T01:12:12.017392Z', description: 'When it was changed.' })
  at!: string;

  @EffectiveField()
  effective?: string;

  @ApiProperty({ type: 'string', example: 'membership.removed', description: 'Subject and what happened to it.' })
  type!: EntryType;

  @ApiProperty(ABOUT('membership', 191))
  membership!: number | null;

  @ApiProperty(ABOUT('medic', 33))
  medic!: number | null;

  @ApiProperty(ABOUT('hospital', 99))
  hospital!: number | null;

  @ApiProperty(STATE('before'))
  before!: EntryState | null;

  @ApiProperty(STATE('after'))
  after!: EntryState | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { type: 'medic', id: 12, token: 87 },
    description:
      '`type` is `medic` (with `id` and `token`), `operator`, `clock`, or `database` (SQL by hand, with `role`).',
  })
  actor!: EntryActor;

  @ApiProperty({ type: 'string', nullable: true, example: '01J', description: '`X-Request-Id` of the request.' })
  request!: string | null;
}

/** Consecutive entries. */
export class EventsResponse {
  @ApiProperty({ type: [EventResponse] })
  data!: EventResponse[];

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 48213,
    description: 'The position to send as `after` next: the last one that was examined.',
  })
  next!: number;

  @ApiProperty({ type: 'integer', minimum: 0, example: 48213, description: 'The last position of the record.' })
  head!: number;
}

/** An entry as a CloudEvent 1.0. */
export class CloudEventResponse {
  @ApiProperty({ enum: ['1.0'] })
  specversion!: string;

  @ApiProperty({ format: 'uuid', example: '8b0e6f1c-4c3b-4c0e-9d3a-2f4f6f1f7a10', description: '`id` of the entry.' })
  id!: string;

  @ApiProperty({
    format: 'uri-reference',
    example: 'hospital-memberships/6f9c1f66-0b4c-4a55-9a0b-0b7a4c1f2a11',
    description: 'The origin of the record. Another one means that the record has been replaced.',
  })
  source!: string;

  @ApiProperty({ example: 'membership.removed' })
  type!: string;

  @ApiProperty({ example: 'membership/191', description: 'The row that was changed.' })
  subject!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-28T01:12:12.017392Z' })
  time!: string;

  @ApiProperty({
    minLength: 20,
    maxLength: 20,
    example: '00000000000000048213',
    description: 'Position, with leading zeros.',
  })
  sequence!: string;

  @ApiProperty({ enum: ['application/json'] })
  datacontenttype!: string;

  @ApiProperty({ type: EventResponse })
  data!: EventResponse;
}

/** A 400 of the feed. */
export class FeedProblemResponse extends ProblemResponse {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    example: 48213,
    description: 'Only if the position is wrong: the last position of the record.',
  })
  head?: number;
}
