import { ApiProperty } from '@nestjs/swagger';

/** The body of every error. */
export class ErrorResponse {
  @ApiProperty({ example: 'Not found', description: 'The problem and how to solve it, in one sentence.' })
  message!: string;

  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'Only in the 409 of a creation: id of the existing membership, to edit instead.',
  })
  membership?: number;
}

/** The body of a 400. */
export class ValidationErrorResponse {
  @ApiProperty({
    example: 'Some fields are not valid: hospital.',
    description: 'The problem and how to solve it, in one sentence.',
  })
  message!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { hospital: ['This field is required.'] },
    description: 'Field name to its problems. `non_field_errors` stands for the input as a whole.',
  })
  errors!: Record<string, string[]>;
}
