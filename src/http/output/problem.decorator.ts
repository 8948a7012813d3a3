import { ApiResponse } from '@nestjs/swagger';
import { formatError } from './error-format.js';

/** Documents an error of an operation outside `/api/v2`. */
export function Problem(status: number, description: string, { message }: Error): MethodDecorator {
  const { type, body: example } = formatError({ status, body: { message } }, 'problem');
  const schema = { $ref: '#/components/schemas/ProblemResponse' };
  return ApiResponse({ status, description, content: { [type]: { schema, example } } });
}
