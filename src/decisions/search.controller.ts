import { Controller, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CallingService, type CurrentService } from '../auth/current-service.decorator.js';
import { AnswersDecision } from './decision-answers.decorator.js';
import { ActionSearchDto, ResourceSearchDto, SubjectSearchDto } from './dto/search.requests.js';
import { FoundActionsResponse, FoundEntitiesResponse } from './dto/search.responses.js';
import { RESOURCE_TYPE, SUBJECT_TYPE } from './evaluation.js';
import { ACTION_SEARCH, RESOURCE_SEARCH, SUBJECT_SEARCH } from './search.js';
import { SearchService } from './search.service.js';

const subject = { type: 'medic', id: '1' };
const resource = { type: 'hospital', id: '1' };
const action = { name: 'prescribe' };

const PAGES = 'Results are paged by id. An unknown entity has an empty result.';

/** Who may do what, and where (OpenID AuthZEN Authorization API 1.0). */
@ApiTags('Decisions')
@Controller('access/v1/search')
export class SearchController {
  constructor(private readonly search: SearchService) {}

  @Post('subject')
  @AnswersDecision({
    scope: 'decision:search',
    summary: 'Search for the medics who may act at a hospital',
    rules: `Exactly the medics for whom an evaluation would be \`true\`. ${PAGES}`,
    body: SubjectSearchDto,
    examples: {
      'Who may prescribe there?': { subject: { type: 'medic' }, action, resource },
      'Two at a time': { subject: { type: 'medic' }, action, resource, page: { limit: 2 } },
    },
    ok: FoundEntitiesResponse,
  })
  searchSubjects(
    @Req() request: FastifyRequest,
    @CallingService() service: CurrentService,
  ): Promise<FoundEntitiesResponse> {
    const { input, read } = SUBJECT_SEARCH.of(request);
    return this.search.entities(service, input, read, (id) => ({ type: SUBJECT_TYPE, id }));
  }

  @Post('resource')
  @AnswersDecision({
    scope: 'decision:search',
    summary: 'Search for the hospitals at which a medic may act',
    rules: `Exactly the hospitals for which an evaluation would be \`true\`. ${PAGES}`,
    body: ResourceSearchDto,
    examples: { 'Where may the medic prescribe?': { subject, action, resource: { type: 'hospital' } } },
    ok: FoundEntitiesResponse,
  })
  searchResources(
    @Req() request: FastifyRequest,
    @CallingService() service: CurrentService,
  ): Promise<FoundEntitiesResponse> {
    const { input, read } = RESOURCE_SEARCH.of(request);
    return this.search.entities(service, input, read, (id) => ({ type: RESOURCE_TYPE, id }));
  }

  @Post('action')
  @AnswersDecision({
    scope: 'decision:search',
    summary: 'Search for what a medic may do at a hospital',
    rules: 'Exactly the actions for which an evaluation would be `true`. An unknown entity has an empty result.',
    body: ActionSearchDto,
    examples: { 'What may the medic do there?': { subject, resource } },
    ok: FoundActionsResponse,
  })
  searchActions(
    @Req() request: FastifyRequest,
    @CallingService() service: CurrentService,
  ): Promise<FoundActionsResponse> {
    const { input, read } = ACTION_SEARCH.of(request);
    return this.search.actions(service, input, read);
  }
}
