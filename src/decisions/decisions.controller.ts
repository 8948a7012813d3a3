import { Controller, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CallingService, type CurrentService } from '../auth/current-service.decorator.js';
import { AnswersDecision } from './decision-answers.decorator.js';
import { DecisionsService } from './decisions.service.js';
import { EvaluationDto, EvaluationsDto } from './dto/decision.requests.js';
import { DecisionResponse, DecisionsResponse } from './dto/decision.responses.js';
import { MAX_EVALUATIONS } from './evaluations.js';
import { EVALUATION, EVALUATIONS } from './questions.js';

const subject = { type: 'medic', id: '1' };
const resource = { type: 'hospital', id: '1' };
const prescribe = { name: 'prescribe' };
const administer = { name: 'administer' };

/** Decisions on what a medic may do at a hospital (OpenID AuthZEN Authorization API 1.0). */
@ApiTags('Decisions')
@Controller('access/v1')
export class DecisionsController {
  constructor(private readonly decisions: DecisionsService) {}

  @Post('evaluation')
  @AnswersDecision({
    scope: 'decision:check',
    summary: 'Ask whether a medic may prescribe at a hospital',
    rules:
      'A medic may `prescribe` with an active account and a live membership of an active hospital, and `administer` with ' +
      'an active account and a live membership of type ADMIN. Anything else is denied, with a `reason`. No decision is ' +
      'cached: a decision that is requested after a removal was acknowledged is never `true`.',
    body: EvaluationDto,
    examples: {
      'May the medic prescribe there?': { subject, action: prescribe, resource },
      'With a signed receipt': { subject, action: prescribe, resource, context: { receipt: true } },
      'At the time of the first entry of the record': {
        subject,
        action: prescribe,
        resource,
        context: { position: 1 },
      },
    },
    ok: DecisionResponse,
    isSigned: true,
  })
  evaluate(@Req() request: FastifyRequest, @CallingService() service: CurrentService): Promise<DecisionResponse> {
    const { input, read } = EVALUATION.of(request);
    return this.decisions.evaluate(service, input, read);
  }

  @Post('evaluations')
  @AnswersDecision({
    scope: 'decision:check',
    summary: 'Ask many questions at once',
    rules:
      `Up to ${String(MAX_EVALUATIONS)} evaluations, all from one snapshot of the database. An evaluation inherits each ` +
      'entity, and the context, that it lacks. One that is wrong is denied with an `error` in its context. Without ' +
      '`evaluations`, the request and the response are those of a single evaluation.',
    body: EvaluationsDto,
    examples: {
      'What may the medic do there?': {
        subject,
        resource,
        evaluations: [{ action: prescribe }, { action: administer }],
      },
      'Stop after the first deny': {
        action: prescribe,
        resource,
        evaluations: [{ subject }, { subject: { type: 'medic', id: '2' } }],
        options: { evaluations_semantic: 'deny_on_first_deny' },
      },
    },
    ok: DecisionsResponse,
    otherwise: DecisionResponse,
    isSigned: true,
  })
  async evaluateAll(
    @Req() request: FastifyRequest,
    @CallingService() service: CurrentService,
  ): Promise<DecisionsResponse | DecisionResponse> {
    const { input, read } = EVALUATIONS.of(request);
    const responses = await this.decisions.evaluateAll(service, input, read);
    const [single] = responses;
    return input.isSingle && single !== undefined ? single : { evaluations: responses };
  }
}
