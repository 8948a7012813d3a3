import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Where the results of a search continue. */
export class ResultPageResponse {
  @ApiProperty({
    example: '',
    description:
      'The `page.token` of the next page. Empty on the last page. Any page may have fewer results than its limit.',
  })
  next_token!: string;

  @ApiProperty({ type: 'integer', example: 2, description: 'Number of results on this page.' })
  count!: number;
}

/** When a search was answered, and what time it is about. */
export class SearchContextResponse {
  @ApiProperty({ format: 'date-time', description: "The database's clock at the search." })
  evaluated_at!: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'The instant asked about.' })
  as_of?: string | undefined;

  @ApiPropertyOptional({ type: 'integer', description: 'The position asked about.' })
  position?: number | undefined;
}

/** A page of a search. */
export class SearchResponse<Result> {
  @ApiProperty({ description: 'Where the results continue.' })
  page!: ResultPageResponse;

  @ApiProperty({ description: 'Time of the search.' })
  context!: SearchContextResponse;

  results!: Result[];
}

/** A medic or a hospital that was found. */
export class FoundEntityResponse {
  @ApiProperty({ example: 'medic', description: 'The type that the search asked for.' })
  type!: string;

  @ApiProperty({ example: '33', description: 'The id, as a string.' })
  id!: string;
}

/** An action that was found. */
export class FoundActionResponse {
  @ApiProperty({ example: 'prescribe', description: 'The name of the action.' })
  name!: string;
}

/** A page of medics or hospitals. */
export class FoundEntitiesResponse extends SearchResponse<FoundEntityResponse> {
  @ApiProperty({ type: [FoundEntityResponse], description: 'The entities, by id.' })
  declare results: FoundEntityResponse[];
}

/** A page of actions. */
export class FoundActionsResponse extends SearchResponse<FoundActionResponse> {
  @ApiProperty({ type: [FoundActionResponse], description: 'The actions, by name.' })
  declare results: FoundActionResponse[];
}
