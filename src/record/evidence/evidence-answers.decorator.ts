import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../http/output/problem.decorator.js';
import { NotFound } from '../../common/errors.js';
import { NoSigningKey, RecordWasReplaced } from './evidence.errors.js';

const RestOfPath = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    (context.switchToHttp().getRequest<FastifyRequest>().params as { '*': string })['*'],
);

/** Injects the path of a tile within its level, which contains slashes, into a controller method. */
export function TilePath(): ParameterDecorator {
  return (target, method, index) => {
    RestOfPath()(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method ?? '');
    ApiParam({
      name: 'path',
      description:
        'Number of the tile from 0, as C2SP tlog-tiles writes it: elements of three digits, all but the last after an ' +
        '`x`, such as `x001/x234/067`; for a partial tile, `.p/` and its width follow.',
      schema: { type: 'string', example: '000.p/1' },
    })(target, method ?? '', descriptor ?? {});
  };
}

/** Documents an operation whose success is not JSON. */
export interface EvidenceAnswersOptions {
  /** A verb and a noun. */
  readonly summary: string;
  /** In Markdown, without who may call it. */
  readonly rules: string;
  /** Media type of a success. */
  readonly media: string;
  /** Whether it needs a signing key. */
  readonly isSigned?: boolean;
  /** The reason for a 404, if there is one. */
  readonly notFound?: string;
}

/** Documents an operation: its rules, its success and its own errors. */
export function EvidenceAnswers({
  summary,
  rules,
  media,
  isSigned,
  notFound,
}: EvidenceAnswersOptions): MethodDecorator {
  const [type = media] = media.split(';');
  const schema = type === 'text/plain' ? { type: 'string' } : { type: 'string', format: 'binary' };
  return applyDecorators(
    ApiOperation({ summary, description: `**Rules:** ${rules}\n\n**Changes:** Nothing.` }),
    ApiProduces(type),
    ApiResponse({ status: 200, description: 'Success.', content: { [type]: { schema } } }),
    ...(notFound === undefined ? [] : [Problem(404, notFound, new NotFound())]),
    ...(isSigned === true
      ? [
          Problem(409, 'The record is not a continuation of an earlier checkpoint.', new RecordWasReplaced()),
          Problem(501, 'The service has no signing key.', new NoSigningKey()),
        ]
      : []),
  );
}
