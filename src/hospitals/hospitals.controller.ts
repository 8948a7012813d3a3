import { Body, Controller, Get, HttpCode, Inject, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Require } from '../access/require.decorator.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import type { Companion } from '../database/transaction.js';
import { entityTagOf } from '../http/output/entity-tag.js';
import { answerOnce } from '../retries/answer-once.js';
import { CurrentAttempt, type Attempt } from '../retries/attempt.js';
import { Idempotent, IN_PROGRESS, REPLAYED } from '../retries/idempotent.decorator.js';
import { ExpectedVersion, type IfMatch } from '../http/input/if-match.js';
import { Answers } from '../http/output/answers.decorator.js';
import { PageQuery, pageOf, sliceOf } from '../http/output/pagination.js';
import { ETAG, Tagged, TaggedRead, TaggedWrite } from '../http/output/tagged.decorator.js';
import { IdParam } from '../http/input/path-id.js';
import { RouteSettings } from '../http/server/route-settings.js';
import { baseUrlOf, requestUrl } from '../http/output/urls.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { target } from '../access/target.js';
import { CreateHospitalDto, UpdateHospitalDto } from './dto/hospital.dtos.js';
import { HospitalPage, HospitalResponse, toHospitalResponse, type HospitalRow } from './dto/hospital.response.js';
import { AcceptsUploads } from './upload.interceptor.js';
import { HospitalsService } from './hospitals.service.js';

/** Hospitals of the caller (section 5 of the contract). */
@ApiTags('Hospitals')
@Controller('hospital')
export class HospitalsController {
  constructor(
    private readonly hospitals: HospitalsService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @Require('hospital:list')
  @Answers({
    summary: 'List your hospitals',
    rules: 'Returns the hospitals of your live memberships. An inactive hospital is visible only to its ADMINs.',
    ok: HospitalPage,
  })
  async listHospitals(@Caller() caller: CurrentMedic, @Query() query: PageQuery, @Req() request: FastifyRequest) {
    const slice = sliceOf(query);
    const { count, rows } = await this.hospitals.list(caller, slice);
    const results = rows.map((hospital) => this.answer(hospital, request));
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), slice, count, results);
  }

  @Get(':id')
  @Require('hospital:read')
  @TaggedRead()
  @Answers({
    summary: 'Get a hospital',
    rules: 'You need a live membership there, and for an inactive hospital one as ADMIN.',
    ok: HospitalResponse,
    headers: ETAG,
  })
  async getHospital(@Caller() caller: CurrentMedic, @IdParam(1) id: number, @Req() request: FastifyRequest) {
    return this.answer(await this.hospitals.get(caller, id), request);
  }

  @Post()
  @Require('hospital:create')
  @Tagged()
  @Idempotent()
  @RouteSettings({ storesAndLinks: true })
  @AcceptsUploads()
  @Answers({
    summary: 'Create a hospital',
    rules: 'Pictures must be JPEGs under 2,097,152 bytes each, sent as `multipart/form-data`.',
    changes:
      'Creates the hospital and your membership there: ADMIN, or MEMBER with `is_admin: false`. It becomes your active ' +
      'hospital if you have none.',
    body: {
      type: CreateHospitalDto,
      examples: {
        'Required fields': {
          name: 'Hospital San José',
          patron: 'HOSPITAL SAN JOSÉ',
          location: 'Av. Morones Prieto 3000, Monterrey, N.L.',
          contact: '+52 81 8347 1010',
        },
      },
    },
    status: 201,
    ok: HospitalResponse,
    headers: { ...ETAG, ...REPLAYED },
    errors: { 409: IN_PROGRESS },
  })
  createHospital(
    @Caller() caller: CurrentMedic,
    @Body() input: CreateHospitalDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CurrentAttempt() attempt: Attempt | undefined,
  ) {
    const write = (companion?: Companion<HospitalRow>) => this.hospitals.create(caller, input, companion);
    return answerOnce(reply, attempt, write, (created) => {
      const body = this.answer(created, request);
      return { body, headers: { etag: entityTagOf(body) } };
    });
  }

  @Patch(':id')
  @HttpCode(201)
  @Require('hospital:change', target.visibleHospitalInPath)
  @TaggedWrite()
  @RouteSettings({ storesAndLinks: true })
  @AcceptsUploads()
  @Answers({
    summary: 'Change a hospital',
    rules: 'A MEMBER gets a 401, anyone else without the right a 404. `null` removes a picture.',
    changes: 'The fields that are sent. `is_active: false` hides the hospital from its MEMBERs.',
    body: {
      type: UpdateHospitalDto,
      examples: {
        'Change the headline': { headline: 'Urgencias 24 horas' },
        'Hide it from its MEMBERs': { is_active: false },
      },
    },
    status: 201,
    ok: HospitalResponse,
    headers: ETAG,
  })
  async updateHospital(
    @Caller() caller: CurrentMedic,
    @IdParam(1) id: number,
    @Body() input: UpdateHospitalDto,
    @Req() request: FastifyRequest,
    @ExpectedVersion() ifMatch: IfMatch | undefined,
  ) {
    const requireVersion =
      ifMatch &&
      ((current: HospitalRow) => {
        ifMatch.require(this.answer(current, request));
      });
    return this.answer(await this.hospitals.update(caller, id, input, requireVersion), request);
  }

  private answer(row: HospitalRow, request: FastifyRequest): HospitalResponse {
    return toHospitalResponse(row, baseUrlOf(request, this.environment.PUBLIC_URL));
  }
}
