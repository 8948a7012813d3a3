import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MAX_EVALUATIONS, SEMANTICS } from '../evaluations.js';

const PROPERTIES = {
  type: 'object',
  additionalProperties: true,
  description: 'Accepted and ignored: rights that the caller states are never believed.',
} as const;

/** The one who wants to act. */
export class SubjectDto {
  @ApiProperty({ example: 'medic', description: '`medic`; any other type is denied.' })
  type!: string;

  @ApiProperty({ example: '1', description: 'Id of the medic, as a string.' })
  id!: string;

  @ApiPropertyOptional(PROPERTIES)
  properties?: object;
}

/** The place where the subject wants to act. */
export class ResourceDto {
  @ApiProperty({ example: 'hospital', description: '`hospital`; any other type is denied.' })
  type!: string;

  @ApiProperty({ example: '1', description: 'Id of the hospital, as a string.' })
  id!: string;

  @ApiPropertyOptional(PROPERTIES)
  properties?: object;
}

/** The action that the subject wants to perform. */
export class ActionDto {
  @ApiProperty({ example: 'prescribe', description: '`prescribe` or `administer`; any other is denied.' })
  name!: string;

  @ApiPropertyOptional(PROPERTIES)
  properties?: object;
}

/** The time that a question is about. Other members are ignored. */
export class MomentDto {
  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'An instant that is not in the future and not before the record began: the decision as it was then. An instant at ' +
      'least 15 s ago has the same response for ever.',
  })
  as_of?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Position of an entry of the record: the decision right after it. Send either this or `as_of`.',
  })
  position?: number;
}

/** How to decide. Other members are ignored. */
export class ContextDto extends MomentDto {
  @ApiPropertyOptional({ description: 'Whether the response should contain a signed receipt.' })
  receipt?: boolean;
}

/** One question. Unknown members are ignored. */
export class EvaluationDto {
  @ApiProperty({ description: 'The medic who wants to act.' })
  subject!: SubjectDto;

  @ApiProperty({ description: 'The action that the subject wants to perform.' })
  action!: ActionDto;

  @ApiProperty({ description: 'The hospital at which the subject wants to act.' })
  resource!: ResourceDto;

  @ApiPropertyOptional({ description: 'The time, and whether a receipt is wanted.' })
  context?: ContextDto;
}

/** An item of a batch: it inherits absent members from the request. */
export class EvaluationItemDto {
  @ApiPropertyOptional({ description: 'The medic who wants to act.' })
  subject?: SubjectDto;

  @ApiPropertyOptional({ description: 'The action that the subject wants to perform.' })
  action?: ActionDto;

  @ApiPropertyOptional({ description: 'The hospital at which the subject wants to act.' })
  resource?: ResourceDto;

  @ApiPropertyOptional({ description: 'The time, and whether a receipt is wanted.' })
  context?: ContextDto;
}

/** Options of a batch. */
export class EvaluationsOptionsDto {
  @ApiPropertyOptional({
    enum: SEMANTICS,
    description: 'Whether to return all decisions (the default), or to stop after the first deny or permit.',
  })
  evaluations_semantic?: string;
}

/** Many questions. Without `evaluations` it is one question. */
export class EvaluationsDto extends EvaluationItemDto {
  @ApiPropertyOptional({
    type: [EvaluationItemDto],
    maxItems: MAX_EVALUATIONS,
    description: `At most ${String(MAX_EVALUATIONS)}. An item inherits each entity, and the context, if it lacks them.`,
  })
  evaluations?: EvaluationItemDto[];

  @ApiPropertyOptional({ description: 'Options of the request.' })
  options?: EvaluationsOptionsDto;
}
