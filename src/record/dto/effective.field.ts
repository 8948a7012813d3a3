import { ApiProperty } from '@nestjs/swagger';

/** The member `effective` of an entry in the OpenAPI document (section 14 of the contract). */
export const EffectiveField = (): PropertyDecorator =>
  ApiProperty({
    format: 'date-time',
    type: 'string',
    required: false,
    example: '2026-12-28T00:00:00.000000Z',
    description:
      'Only of `membership.started` and `membership.ended`: the instant from which on the membership is in force, or is ' +
      'not. `at` is when the entry was written, at most 2 s later while a process runs.',
  });
