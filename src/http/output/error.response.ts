import { ApiProperty } from '@nestjs/swagger';

/** The body of every error. */
export class ErrorResponse {
  @ApiProperty({ example: 'Not found', description: 'What is wrong and what to do, in one sentence.' })
  message!: string;

  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'With a 409 of a creation: the id of the membership to edit.',
  })
  membership?: number;
}

/** The body of a 400. */
export class ValidationErrorResponse {
  @ApiProperty({ example: 'Some fields are not valid: hospital.' })
  message!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { hospital: ['This field is required.'] },
    description: 'Field name -> what is wrong with it; non_field_errors stands for the input as a whole.',
  })
  errors!: Record<string, string[]>;
}
