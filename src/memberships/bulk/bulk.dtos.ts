import { ApiProperty } from '@nestjs/swagger';
import { booleanType, Field, idType, listType } from '../../http/input/fields.js';
import type { BulkResult } from './bulk-memberships.js';
import { BulkRowDto } from './bulk-row.dto.js';

/** Upper bound for the rows of a request. */
export const MAX_ROWS = 1000;

export class BulkMembershipsDto {
  @Field(idType, { required: true, example: 1, description: 'Id of the hospital; you must be an ADMIN there.' })
  hospital!: number;

  @Field(listType(BulkRowDto, MAX_ROWS), { required: true, description: 'One row for each medic.' })
  memberships!: unknown[];

  @Field(booleanType, { example: false, description: 'true reports what would happen and changes nothing.' })
  dry_run?: boolean;
}

/** `dry_run` may be in the query, because a CSV body has no place for it. */
export class BulkQuery {
  @Field(booleanType, { description: 'Like the field of the body.' })
  dry_run?: boolean;
}

/** The possible results of a row. */
export const BULK_STATUSES = ['created', 'restored', 'unchanged', 'failed'] as const;
export type BulkStatus = (typeof BULK_STATUSES)[number];

export class BulkResultResponse {
  @ApiProperty({ type: 'integer', example: 0, description: 'Place of the row in the request, from 0.' })
  index!: number;

  @ApiProperty({ enum: BULK_STATUSES, enumName: 'BulkStatus', example: 'created' })
  status!: BulkStatus;

  @ApiProperty({
    type: 'integer',
    example: 2,
    required: false,
    description: 'Id of the membership, also of one that is in the way; absent if there is none.',
  })
  membership?: number;

  @ApiProperty({
    type: 'object',
    selfRequired: false,
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { medic: ['There is no medic with this id.'] },
    description: 'Name of a field -> why the row failed.',
  })
  errors?: Record<string, string[]>;
}

/** The response to a bulk request: the number of rows of each status, and the rows in their order. */
export class BulkResponse {
  @ApiProperty({ type: 'integer', example: 1 })
  created!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  restored!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  unchanged!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  failed!: number;

  @ApiProperty({ type: [BulkResultResponse] })
  results!: BulkResultResponse[];
}

/** @param results in the order of the rows */
export function toBulkResponse(results: readonly BulkResult[]): BulkResponse {
  const counts = BULK_STATUSES.map((status) => [status, results.filter((result) => result.status === status).length]);
  return {
    ...(Object.fromEntries(counts) as Record<BulkStatus, number>),
    results: results.map((result, index) => ({ index, ...result })),
  };
}
