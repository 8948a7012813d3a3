import { Body, Controller, Get, HttpCode, Inject, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountLimits } from '../auth/account-limits.js';
import { Require } from '../access/require.decorator.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { Reads } from '../database/reads.js';
import type { Companion } from '../database/transaction.js';
import { answerOnce } from '../retries/answer-once.js';
import { CurrentAttempt, type Attempt } from '../retries/attempt.js';
import { Idempotent, IN_PROGRESS, REPLAYED } from '../retries/idempotent.decorator.js';
import { ExpectedVersion, type IfMatch } from '../http/input/if-match.js';
import { Answers } from '../http/output/answers.decorator.js';
import { pageOf, sliceOf } from '../http/output/pagination.js';
import { USER_ROUTE } from '../http/server/http-rules.js';
import { entityTagOf } from '../http/output/entity-tag.js';
import { ETAG, Tagged, TaggedRead, TaggedWrite } from '../http/output/tagged.decorator.js';
import { IdParam } from '../http/input/path-id.js';
import { requestUrl } from '../http/output/urls.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { LAST_ADMIN, NOT_IN_FORCE } from '../memberships/dto/error.examples.js';
import { target } from '../access/target.js';
import { CreateMedicDto, ListMedicsQuery, SearchMedicsQuery, UpdateMedicDto } from './dto/medic.dtos.js';
import { FoundMedicPage } from './dto/found-medic.response.js';
import { CreatedMedicResponse, MedicPage, MedicResponse } from './dto/medic.response.js';
import { MedicsReader } from './medics.reader.js';
import { MedicsService } from './medics.service.js';

/** The medics that the caller created, and the caller (section 6 of the contract). */
@ApiTags('Medics')
@Controller()
export class MedicsController {
  constructor(
    private readonly medics: MedicsService,
    private readonly reader: MedicsReader,
    private readonly limits: AccountLimits,
    private readonly reads: Reads,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get('medics')
  @Require('medic:list')
  @ApiQuery({
    name: 'created_filter',
    required: false,
    deprecated: true,
    schema: { type: 'boolean' },
    description: 'Accepted for older clients; has no effect.',
  })
  @Answers({
    summary: 'List the medics that you created',
    rules: 'Returns the medics that you created, by id. `email` finds exactly one, in any letter case.',
    ok: MedicPage,
  })
  async listMedics(@Caller() caller: CurrentMedic, @Query() query: ListMedicsQuery, @Req() request: FastifyRequest) {
    const slice = sliceOf(query);
    const { count, medics } = await this.reader.list(caller, query.email, slice);
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), slice, count, medics);
  }

  @Get('medics/me')
  @Require('medic:read-own')
  @TaggedRead()
  @Answers({
    summary: 'Get your own account',
    rules: 'Returns the medic of the key.',
    ok: MedicResponse,
    headers: ETAG,
  })
  getOwnMedic(@Caller() caller: CurrentMedic): Promise<MedicResponse> {
    return this.reader.get(caller, caller.id);
  }

  @Get(USER_ROUTE)
  @Require('medic:read-own')
  @TaggedRead()
  @Answers({
    summary: 'Get your own account (path of older clients)',
    rules: 'The same as `GET /api/v2/medics/me`.',
    ok: MedicResponse,
    headers: ETAG,
  })
  getUser(@Caller() caller: CurrentMedic): Promise<MedicResponse> {
    return this.getOwnMedic(caller);
  }

  @Get('medics/:id')
  @Require('medic:read')
  @TaggedRead()
  @Answers({
    summary: 'Get a medic',
    rules: 'Only the medic and its creator see it.',
    ok: MedicResponse,
    headers: ETAG,
  })
  getMedic(@Caller() caller: CurrentMedic, @IdParam(1) id: number): Promise<MedicResponse> {
    return this.reader.get(caller, id);
  }

  @Post('medics')
  @Require('medic:create')
  @Tagged()
  @Idempotent()
  @Answers({
    summary: 'Create a medic',
    rules:
      'An email belongs to one medic, in any letter case. To assign a `hospital` you must be an ADMIN there; otherwise ' +
      'nothing is stored.',
    changes:
      'Creates the medic and its first key, shown only in this response. With `hospital` it also creates the membership: ' +
      'ADMIN with `is_admin_membership: true`, otherwise MEMBER.',
    body: {
      type: CreateMedicDto,
      examples: {
        'A medic without a hospital': {
          name: 'Ana María Núñez',
          email: 'ana.nunez@example.org',
          password: 'correct horse battery staple',
          specialty: 'Cardiología',
        },
        'A MEMBER of your hospital': {
          name: 'Luis Ortega Ruiz',
          email: 'luis.ortega@example.org',
          password: 'correct horse battery staple',
          hospital: 1,
        },
      },
    },
    status: 201,
    ok: CreatedMedicResponse,
    headers: { ...ETAG, ...REPLAYED },
    errors: { 409: IN_PROGRESS },
  })
  async createMedic(
    @Caller() caller: CurrentMedic,
    @Body() input: CreateMedicDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CurrentAttempt() attempt: Attempt | undefined,
  ): Promise<object> {
    const facts = await target.hospitalInBody.factsOf(this.reads, request);
    const write = (companion?: Companion<CreatedMedicResponse>) =>
      this.medics.create(caller, input, facts?.right ?? null, companion);
    return answerOnce(reply, attempt, write, ({ token, ...medic }) => ({
      body: { ...medic, token },
      headers: { etag: entityTagOf(medic) },
    }));
  }

  @Patch('medics/:id')
  @HttpCode(202)
  @Require('medic:change', target.medicInPath)
  @TaggedWrite()
  @Answers({
    summary: 'Change a medic',
    rules:
      '`hospital` and `is_admin_membership` need the right at that hospital; without it, nothing changes. A hospital ' +
      'keeps at least one live ADMIN without an end whose account is active, but an account can always be deactivated. `password` and ' +
      '`specialty_verified` are ignored.',
    changes:
      'The fields that are sent. `hospital` makes that hospital the active one, and creates or restores the membership ' +
      'if the right allows it; `null` clears the choice. `is_active: false` disables the keys of the medic from the next ' +
      'request on.',
    body: {
      type: UpdateMedicDto,
      examples: {
        'Change the specialty': { specialty: 'Cardiología', cedula_prof: '12345678' },
        'Choose the active hospital': { hospital: 1 },
        'Deactivate the account': { is_active: false },
      },
    },
    status: 202,
    ok: MedicResponse,
    headers: ETAG,
    errors: { 409: { ...LAST_ADMIN, ...NOT_IN_FORCE } },
  })
  updateMedic(
    @Caller() caller: CurrentMedic,
    @IdParam(1) id: number,
    @Body() input: UpdateMedicDto,
    @ExpectedVersion() ifMatch: IfMatch | undefined,
  ): Promise<MedicResponse> {
    return this.medics.update(caller, id, input, ifMatch);
  }

  @Get('search/medics')
  @Require('medic:search')
  @Answers({
    summary: 'Find a medic by email',
    rules: 'Finds the exact email in any letter case, of deactivated medics too. Without `query` the page is empty.',
    ok: FoundMedicPage,
  })
  async searchMedics(
    @Caller() caller: CurrentMedic,
    @Query() query: SearchMedicsQuery,
    @Req() request: FastifyRequest,
  ) {
    const slice = sliceOf(query);
    if (query.query !== undefined) await this.limits.countCreation(caller, 'emails');
    const found = await this.reader.search(query.query);
    const results = found.slice(slice.offset, slice.offset + slice.limit);
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), slice, found.length, results);
  }
}
