import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { RequireScope } from '../auth/require-scope.decorator.js';
import type { Scope } from '../auth/scope.js';
import { InvalidFields } from '../common/errors.js';
import { Answers } from '../http/output/answers.decorator.js';
import { Problem } from '../http/output/problem.decorator.js';
import { RouteSettings } from '../http/server/route-settings.js';
import { NoSigningKey } from '../record/evidence/evidence.errors.js';

/** Describes an operation of the Authorization API. */
interface DecisionOptions {
  readonly scope: Scope;
  readonly summary: string;
  readonly rules: string;
  readonly body: Type;
  readonly examples: Readonly<Record<string, object>>;
  readonly ok: Type;
  /** Class of the other possible body of a success. */
  readonly otherwise?: Type;
  /** Whether the request may ask for a receipt. */
  readonly isSigned?: boolean;
}

const MISSING = new InvalidFields({ subject: ['This field is required.'] });

/** Declares a route of the Authorization API: its scope, its format, and its documents. */
export function AnswersDecision({
  scope,
  summary,
  rules,
  body,
  examples,
  ok,
  otherwise,
  isSigned,
}: DecisionOptions): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    RequireScope(scope),
    RouteSettings({ onlyJson: true }),
    Answers({ summary, rules, body: { type: body, examples }, ok }),
    ...(otherwise === undefined ? [] : [eitherOf(ok, otherwise)]),
    Problem(400, 'An entity, the context or the body is wrong; `errors` names the members.', MISSING),
    ...(isSigned === true
      ? [Problem(501, 'A receipt is wanted, but the service has no signing key.', new NoSigningKey())]
      : []),
  );
}

function eitherOf(...types: Type[]): MethodDecorator {
  const schema = { oneOf: types.map((type) => ({ $ref: getSchemaPath(type) })) };
  return applyDecorators(ApiExtraModels(...types), ApiResponse({ status: 200, description: 'Success.', schema }));
}
