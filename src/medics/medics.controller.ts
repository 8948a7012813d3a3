import { Body, Controller, Get, HttpCode, Inject, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AccountLimits } from '../auth/account-limits.js';
import { Access, AnyMedic } from '../auth/access.decorator.js';
import { Caller, foundFor, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { Answers } from '../http/output/answers.decorator.js';
import { NOT_FOUND } from '../http/output/error.examples.js';
import { pageOf, sliceOf } from '../http/output/pagination.js';
import { USER_ROUTE } from '../http/server/http-rules.js';
import { IdParam } from '../http/input/path-id.js';
import { requestUrl } from '../http/output/urls.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { LAST_ADMIN } from '../memberships/dto/error.examples.js';
import { RIGHT_AT_HOSPITAL_OF_BODY } from '../access/hospital-admin.guard.js';
import type { MembershipType } from '../memberships/membership.entity.js';
import { CreateMedicDto, ListMedicsQuery, SearchMedicsQuery, UpdateMedicDto } from './dto/medic.dtos.js';
import { FoundMedicPage } from './dto/found-medic.response.js';
import { CreatedMedicResponse, MedicPage, MedicResponse } from './dto/medic.response.js';
import { MedicOrCreator } from './medic-owner.guard.js';
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
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get('medics')
  @AnyMedic()
  @ApiQuery({
    name: 'created_filter',
    required: false,
    deprecated: true,
    schema: { type: 'boolean' },
    description: 'Accepted for older clients; changes nothing.',
  })
  @Answers({ summary: 'List the medics you created', ok: MedicPage })
  async listMedics(@Caller() caller: CurrentMedic, @Query() query: ListMedicsQuery, @Req() request: FastifyRequest) {
    const slice = sliceOf(query);
    const { count, medics } = await this.reader.list(caller, query.email, slice);
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), slice, count, medics);
  }

  @Get('medics/me')
  @AnyMedic()
  @Answers({ summary: 'Read yourself', ok: MedicResponse })
  getOwnMedic(@Caller() caller: CurrentMedic): Promise<MedicResponse> {
    return this.reader.get(caller, caller.id);
  }

  @Get(USER_ROUTE)
  @AnyMedic()
  @Answers({ summary: 'Read yourself, at the path that clients of the mirrored API call', ok: MedicResponse })
  getUser(@Caller() caller: CurrentMedic): Promise<MedicResponse> {
    return this.getOwnMedic(caller);
  }

  @Get('medics/:id')
  @AnyMedic()
  @Answers({ summary: 'Read yourself, or a medic you created', ok: MedicResponse, errors: NOT_FOUND })
  getMedic(@Caller() caller: CurrentMedic, @IdParam(2) id: number): Promise<MedicResponse> {
    return this.reader.get(caller, id);
  }

  @Post('medics')
  @Access('any medic', RIGHT_AT_HOSPITAL_OF_BODY)
  @Answers({ summary: 'Create a medic', status: 201, ok: CreatedMedicResponse })
  createMedic(
    @Caller() caller: CurrentMedic,
    @Body() input: CreateMedicDto,
    @Req() request: FastifyRequest,
  ): Promise<CreatedMedicResponse> {
    return this.medics.create(caller, input, foundFor<{ right: MembershipType }>(request).right);
  }

  @Patch('medics/:id')
  @HttpCode(202)
  @MedicOrCreator()
  @Answers({
    summary: 'Change yourself, or a medic you created',
    status: 202,
    ok: MedicResponse,
    errors: { ...NOT_FOUND, 409: LAST_ADMIN },
  })
  updateMedic(
    @Caller() caller: CurrentMedic,
    @IdParam(2) id: number,
    @Body() input: UpdateMedicDto,
  ): Promise<MedicResponse> {
    return this.medics.update(caller, id, input);
  }

  @Get('search/medics')
  @AnyMedic()
  @Answers({ summary: 'Find a medic by email', ok: FoundMedicPage })
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
