import { Body, Controller, Get, HttpCode, Inject, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AnyMedic } from '../auth/access.decorator.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { Answers } from '../common/answers.decorator.js';
import { NOT_FOUND } from '../common/error.examples.js';
import { PageQuery, pageOf, sliceOf, urlOf } from '../common/pagination.js';
import { IdParam } from '../common/path-id.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { HospitalAdmin } from '../memberships/hospital-admin.guard.js';
import { CreateHospitalDto, UpdateHospitalDto } from './dto/hospital.dtos.js';
import { HospitalPage, HospitalResponse } from './dto/hospital.response.js';
import { HospitalsService } from './hospitals.service.js';

/** The hospitals that the caller belongs to (section 5 of the contract). */
@ApiTags('Hospitals')
@Controller('hospital')
export class HospitalsController {
  constructor(
    private readonly hospitals: HospitalsService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @AnyMedic()
  @Answers({ summary: 'List the hospitals you belong to', ok: HospitalPage })
  async listHospitals(@Caller() caller: CurrentMedic, @Query() query: PageQuery, @Req() request: FastifyRequest) {
    const slice = sliceOf(query);
    const { count, hospitals } = await this.hospitals.list(caller, slice);
    return pageOf(urlOf(request, this.environment.PUBLIC_URL), slice, count, hospitals);
  }

  @Get(':id')
  @AnyMedic()
  @Answers({ summary: 'Read a hospital you belong to', ok: HospitalResponse, errors: NOT_FOUND })
  getHospital(@Caller() caller: CurrentMedic, @IdParam() id: number): Promise<HospitalResponse> {
    return this.hospitals.get(caller, id);
  }

  @Post()
  @AnyMedic()
  @Answers({ summary: 'Create a hospital', status: 201, ok: HospitalResponse })
  createHospital(@Caller() caller: CurrentMedic, @Body() input: CreateHospitalDto): Promise<HospitalResponse> {
    return this.hospitals.create(caller, input);
  }

  @Patch(':id')
  @HttpCode(201)
  @HospitalAdmin('path.hospital, hidden from others')
  @Answers({ summary: 'Change a hospital', status: 201, ok: HospitalResponse, errors: NOT_FOUND })
  updateHospital(
    @Caller() caller: CurrentMedic,
    @IdParam() id: number,
    @Body() input: UpdateHospitalDto,
  ): Promise<HospitalResponse> {
    return this.hospitals.update(caller, id, input);
  }
}
