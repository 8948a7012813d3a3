import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { FieldErrors, InvalidFields } from '../../common/errors.js';
import { REASONS, type Decision, type Reason } from '../decision.js';
import type { Moment } from '../input.js';

const INSTANT = '2026-11-28T01:12:12.017392Z';

/** Why an evaluation of a batch has no decision. */
export class EvaluationErrorResponse {
  @ApiProperty({ type: 'integer', example: 400, description: 'The status that a single evaluation would get.' })
  status!: number;

  @ApiProperty({ example: 'Some fields are not valid: resource.', description: 'The problem.' })
  message!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { resource: ['This field is required.'] },
    description: 'Member to its problems.',
  })
  errors?: FieldErrors;
}

/** The reason for a decision, and its evidence. */
export class DecisionContextResponse {
  @ApiPropertyOptional({
    enum: REASONS,
    example: 'member',
    description:
      'The first that applies: `unknown_action`; `not_a_member`: no live membership, whatever else is true; ' +
      '`account_inactive`; `hospital_inactive`; `not_an_admin`; otherwise `member` or `admin`. Absent with an `error`.',
  })
  reason?: Reason;

  @ApiPropertyOptional({ type: 'integer', example: 191, description: 'The live membership, if there is one.' })
  membership?: number | undefined;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    example: '8b0e6f1c-4c1e-4a6b-9d57-0f2a6a2a7b11',
    description: 'The entry of the record that put the membership into the state that decided.',
  })
  entry?: string | undefined;

  @ApiPropertyOptional({ format: 'date-time', example: INSTANT, description: "The database's clock at the decision." })
  evaluated_at?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', example: INSTANT, description: 'The instant asked about.' })
  as_of?: string | undefined;

  @ApiPropertyOptional({ type: 'integer', example: 48_213, description: 'The position asked about.' })
  position?: number | undefined;

  @ApiPropertyOptional({
    example: 'eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJpc3MiOiIuLi4ifQ.c2lnbmF0dXJl',
    description: 'The decision as a JWS (EdDSA), if the request asked for a receipt.',
  })
  receipt?: string;

  @ApiPropertyOptional({ type: EvaluationErrorResponse, description: 'Only in a batch, for an item that is wrong.' })
  error?: EvaluationErrorResponse;
}

/** A decision, as the Authorization API defines it. */
export class DecisionResponse {
  @ApiProperty({ example: true, description: 'Whether the subject may perform the action on the resource.' })
  decision!: boolean;

  @ApiProperty({ description: 'Reason and evidence.' })
  context!: DecisionContextResponse;
}

/** The decisions of a batch, in the order of the request. */
export class DecisionsResponse {
  @ApiProperty({
    type: [DecisionResponse],
    description: 'One for each evaluation, up to the one that ended the request by its semantic.',
  })
  evaluations!: DecisionResponse[];
}

/** A decision that was made, not an item's error. */
export type MadeDecision = DecisionResponse & { readonly context: { readonly evaluated_at: string } };

/** @returns whether it is a decision, not an item's error */
export function isMade(response: DecisionResponse): response is MadeDecision {
  return response.context.error === undefined;
}

/**
 * @param evaluatedAt an instant in the format of the contract
 * @returns the response; JSON leaves out its undefined members. All responses have the same members, because objects of
 *   one shape are created and written faster.
 */
export function toDecisionResponse(
  { isGranted, reason, facts }: Decision,
  { asOf, position }: Moment,
  evaluatedAt: string,
): MadeDecision {
  return {
    decision: isGranted,
    context: {
      reason,
      membership: facts?.membership,
      entry: facts?.entry ?? undefined,
      evaluated_at: evaluatedAt,
      as_of: asOf,
      position,
    },
  };
}

/** @returns the moment as the request named it; JSON leaves out its undefined members */
export function toMomentResponse({ asOf, position }: Moment) {
  return { as_of: asOf, position };
}

/** @returns the response to an item that is wrong */
export function toErrorResponse({ message, details }: InvalidFields): DecisionResponse {
  const { errors } = details as { errors: FieldErrors };
  return { decision: false, context: { error: { status: 400, message, errors } } };
}
