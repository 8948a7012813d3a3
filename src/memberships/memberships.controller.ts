import { Body, Controller, Delete, Get, HttpCode, Inject, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnyMedic } from '../auth/access.decorator.js';
import { Caller, foundFor, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { Prefetches } from '../auth/prefetch.decorator.js';
import { Answers } from '../http/output/answers.decorator.js';
import { NotFound } from '../common/errors.js';
import { NOT_FOUND } from '../http/output/error.examples.js';
import { API_PREFIX } from '../http/server/http-rules.js';
import { pageOf, sliceOf } from '../http/output/pagination.js';
import { IdParam } from '../http/input/path-id.js';
import { publicPathOf, requestUrl } from '../http/output/urls.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { ALREADY_EXISTS, CHOICE, DELETED, LAST_ADMIN } from './dto/error.examples.js';
import { CreateMembershipDto } from './dto/create-membership.dto.js';
import {
  CreatedMembershipResponse,
  MembershipPage,
  MembershipResponse,
  toMembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import { MembershipsQuery } from './dto/membership.queries.js';
import { UpdateMembershipDto } from './dto/update-membership.dto.js';
import { HospitalAdmin } from '../access/hospital-admin.guard.js';
import { MEMBERSHIP_IN_SIGHT, MembershipsReader, OWN_PAGE } from './memberships.reader.js';
import { MembershipsService } from './memberships.service.js';

const PATH = 'management/memberships';

/** One's own memberships, and those of the hospitals that one administers (section 3 of the contract). */
@ApiTags('Memberships')
@Controller(PATH)
export class MembershipsController {
  /** What a membership's id follows in its path, as clients see it. */
  private readonly path: string;

  constructor(
    private readonly memberships: MembershipsService,
    private readonly reader: MembershipsReader,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    this.path = `${publicPathOf(environment.PUBLIC_URL)}${API_PREFIX}/${PATH}/`;
  }

  @Get()
  @AnyMedic()
  @Prefetches(OWN_PAGE)
  @Answers({ summary: 'List your own memberships, or those of the hospitals you administer', ok: MembershipPage })
  async listMemberships(
    @Caller() caller: CurrentMedic,
    @Query() query: MembershipsQuery,
    @Req() request: FastifyRequest,
  ) {
    const { count, memberships } = await this.reader.list(caller, query);
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), sliceOf(query), count, memberships);
  }

  @Get(':id')
  @AnyMedic(MEMBERSHIP_IN_SIGHT)
  @Answers({ summary: 'Read a membership', ok: MembershipResponse, errors: NOT_FOUND })
  getMembership(@IdParam(2) _id: number, @Req() request: FastifyRequest): MembershipResponse {
    const row = foundFor<MembershipRow>(request);
    if (row.id === null) throw new NotFound();
    return toMembershipResponse(row as MembershipRow);
  }

  @Post()
  @HospitalAdmin('body.hospital')
  @Answers({
    summary: 'Add a medic to a hospital',
    status: 201,
    ok: CreatedMembershipResponse,
    headers: { Location: 'The path of the membership.' },
    errors: { 409: { ...ALREADY_EXISTS, ...CHOICE } },
  })
  async createMembership(
    @Caller() caller: CurrentMedic,
    @Body() input: CreateMembershipDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedMembershipResponse> {
    const created = await this.memberships.create(caller, input);
    reply.header('location', `${this.path}${String(created.id)}`);
    return created;
  }

  @Patch(':id')
  @HttpCode(201)
  @HospitalAdmin('path.membership')
  @Answers({
    summary: 'Change or restore a membership',
    status: 201,
    ok: MembershipResponse,
    errors: { ...NOT_FOUND, 409: { ...LAST_ADMIN, ...CHOICE, ...DELETED } },
  })
  updateMembership(
    @Caller() caller: CurrentMedic,
    @IdParam(2) id: number,
    @Body() input: UpdateMembershipDto,
  ): Promise<MembershipResponse> {
    return this.memberships.update(caller, id, input);
  }

  @Delete(':id')
  @HttpCode(201)
  @HospitalAdmin('path.membership, or its medic')
  @Answers({
    summary: 'Remove a medic from a hospital, or leave it',
    status: 201,
    ok: MembershipResponse,
    errors: { ...NOT_FOUND, 409: LAST_ADMIN },
  })
  deleteMembership(@Caller() caller: CurrentMedic, @IdParam(2) id: number): Promise<MembershipResponse> {
    return this.memberships.remove(caller, id);
  }
}
