import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The body of an error outside `/api/v2` (RFC 9457). */
export class ProblemResponse {
  @ApiProperty({ example: 'about:blank', description: 'Always `about:blank`: the status says what kind it is.' })
  type!: string;

  @ApiProperty({ example: 'Forbidden', description: 'The name of the status.' })
  title!: string;

  @ApiProperty({ type: 'integer', example: 403, description: 'The status.' })
  status!: number;

  @ApiProperty({
    example: 'A service account with the scope event:read is required.',
    description: 'The problem and how to solve it, in one sentence.',
  })
  detail!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { limit: ['Must be a whole number of at least 1.'] },
    description: 'Only in a 400: parameter to its problems. `non_field_errors` stands for the input as a whole.',
  })
  errors?: Record<string, string[]>;
}

/** The body of an error of an OAuth endpoint (RFC 6749, section 5.2). */
export class OAuthErrorResponse {
  @ApiProperty({ example: 'invalid_request', description: 'The code of the error.' })
  error!: string;

  @ApiProperty({
    example: 'The parameter token is required, exactly once.',
    description: 'The problem and how to solve it, in one sentence.',
  })
  error_description!: string;
}
