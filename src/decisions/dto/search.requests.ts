import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ActionDto, MomentDto, ResourceDto, SubjectDto } from './decision.requests.js';

/** The part of the results that is wanted. */
export class SearchPageDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Upper bound of the results; at most 1000 are returned.',
  })
  limit?: number;

  @ApiPropertyOptional({
    description:
      'The `next_token` of the page before. All entities and the context must then be the same; `limit` may be absent.',
  })
  token?: string;
}

const TYPE_ONLY = 'The type to search for. An id is ignored.';

/** The type of the subjects that a search looks for. */
export class SubjectTypeDto {
  @ApiProperty({ example: 'medic', description: TYPE_ONLY })
  type!: string;
}

/** The type of the resources that a search looks for. */
export class ResourceTypeDto {
  @ApiProperty({ example: 'hospital', description: TYPE_ONLY })
  type!: string;
}

class PagedDto {
  @ApiPropertyOptional({ description: 'The time that the search is about.' })
  context?: MomentDto;

  @ApiPropertyOptional({ description: 'The part of the results that is wanted.' })
  page?: SearchPageDto;
}

/** A search for the medics who may do something at a hospital. */
export class SubjectSearchDto extends PagedDto {
  @ApiProperty({ description: 'The type of subjects.' })
  subject!: SubjectTypeDto;

  @ApiProperty({ description: 'The action that the subjects may perform.' })
  action!: ActionDto;

  @ApiProperty({ description: 'The hospital.' })
  resource!: ResourceDto;
}

/** A search for the hospitals at which a medic may do something. */
export class ResourceSearchDto extends PagedDto {
  @ApiProperty({ description: 'The medic who wants to act.' })
  subject!: SubjectDto;

  @ApiProperty({ description: 'The action that the subject may perform.' })
  action!: ActionDto;

  @ApiProperty({ description: 'The type of resources.' })
  resource!: ResourceTypeDto;
}

/** A search for the actions of a medic at a hospital. */
export class ActionSearchDto extends PagedDto {
  @ApiProperty({ description: 'The medic who wants to act.' })
  subject!: SubjectDto;

  @ApiProperty({ description: 'The hospital.' })
  resource!: ResourceDto;
}
