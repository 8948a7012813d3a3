import { Body, Controller, Delete, Get, HttpCode, Inject, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Require } from '../access/require.decorator.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import type { Companion } from '../database/transaction.js';
import { answerOnce } from '../retries/answer-once.js';
import { CurrentAttempt, type Attempt } from '../retries/attempt.js';
import { Idempotent, IN_PROGRESS, REPLAYED } from '../retries/idempotent.decorator.js';
import { ExpectedVersion, type IfMatch } from '../http/input/if-match.js';
import { Answers } from '../http/output/answers.decorator.js';
import { API_PREFIX } from '../http/server/http-rules.js';
import { pageOf, sliceOf } from '../http/output/pagination.js';
import { entityTagOf } from '../http/output/entity-tag.js';
import { ETAG, Tagged, TaggedRead, TaggedWrite } from '../http/output/tagged.decorator.js';
import { IdParam } from '../http/input/path-id.js';
import { publicPathOf, requestUrl } from '../http/output/urls.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { ALREADY_EXISTS, CHOICE, DELETED, LAST_ADMIN, NOT_IN_FORCE } from './dto/error.examples.js';
import { CreateMembershipDto } from './dto/create-membership.dto.js';
import {
  CreatedMembershipResponse,
  MembershipPage,
  MembershipResponse,
  toCreatedMembershipResponse,
  toMembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import { MembershipsQuery } from './dto/membership.queries.js';
import { UpdateMembershipDto } from './dto/update-membership.dto.js';
import { target } from '../access/target.js';
import { MembershipsReader } from './memberships.reader.js';
import { MembershipsService } from './memberships.service.js';

const PATH = 'management/memberships';

/** The caller's own memberships, and those of the hospitals that the caller administers (section 3 of the contract). */
@ApiTags('Memberships')
@Controller(PATH)
export class MembershipsController {
  /** Path of a membership up to its id, as clients see it. */
  private readonly path: string;

  constructor(
    private readonly memberships: MembershipsService,
    private readonly reader: MembershipsReader,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    this.path = `${publicPathOf(environment.PUBLIC_URL)}${API_PREFIX}/${PATH}/`;
  }

  @Get()
  @Require('membership:list')
  @Answers({
    summary: 'List your memberships, or those of the hospitals that you administer',
    rules:
      'Returns your own live memberships by id. With `managed=true` it returns those of every hospital that you are an ' +
      'ADMIN of; only then do `is_deleted=true` and `in_force=false` find anything.',
    ok: MembershipPage,
  })
  async listMemberships(
    @Caller() caller: CurrentMedic,
    @Query() query: MembershipsQuery,
    @Req() request: FastifyRequest,
  ) {
    const { count, memberships } = await this.reader.list(caller, query);
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), sliceOf(query), count, memberships);
  }

  @Get(':id')
  @Require('membership:read')
  @TaggedRead()
  @Answers({
    summary: 'Get a membership',
    rules: 'A medic sees their own membership while it is live; an ADMIN of the hospital always sees it.',
    ok: MembershipResponse,
    headers: ETAG,
  })
  getMembership(@Caller() caller: CurrentMedic, @IdParam(2) id: number): Promise<MembershipResponse> {
    return this.reader.get(caller, id);
  }

  @Post()
  @Require('membership:create', target.hospitalInBody)
  @Tagged()
  @Idempotent()
  @Answers({
    summary: 'Add a medic to a hospital',
    rules:
      'One membership per medic and hospital, ever: if it exists, live or deleted, the 409 names the one to edit. ' +
      'The right at the hospital is checked before anything about the medic. With `valid_from` or `valid_until` the ' +
      'membership counts as live only between them.',
    changes:
      "Creates the membership. A medic's first live membership becomes the active one, regardless of `is_active`.",
    body: {
      type: CreateMembershipDto,
      examples: {
        'Add a MEMBER': { medic: 2, hospital: 1, type_membership: 'MEMBER' },
        'Add an ADMIN': { medic: 2, hospital: 1, type_membership: 'ADMIN' },
        'Add a locum': { medic: 2, hospital: 1, valid_until: '2999-01-31T23:00:00-06:00' },
      },
    },
    status: 201,
    ok: CreatedMembershipResponse,
    headers: { Location: 'Path of the new membership.', ...ETAG, ...REPLAYED },
    errors: { 409: { ...ALREADY_EXISTS, ...CHOICE, ...NOT_IN_FORCE, ...IN_PROGRESS } },
  })
  createMembership(
    @Caller() caller: CurrentMedic,
    @Body() input: CreateMembershipDto,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CurrentAttempt() attempt: Attempt | undefined,
  ): Promise<object> {
    const write = (companion?: Companion<MembershipRow>) => this.memberships.create(caller, input, companion);
    return answerOnce(reply, attempt, write, (created) => ({
      body: toCreatedMembershipResponse(created),
      headers: {
        location: `${this.path}${String(created.id)}`,
        etag: entityTagOf(toMembershipResponse(created)),
      },
    }));
  }

  @Patch(':id')
  @HttpCode(201)
  @Require('membership:change', target.membershipInPath)
  @TaggedWrite()
  @Answers({
    summary: 'Change, restore or remove a membership',
    rules:
      'A hospital keeps at least one live ADMIN without an end whose account is active. Only the medic, or the account that created ' +
      'the medic, may change an existing choice of active hospital. A deleted membership must be restored first or in ' +
      'the same request; if it has ended, with another `valid_until`. `medic` and `hospital` cannot change.',
    changes: 'The fields that are sent. `is_deleted: false` restores the membership with its id and `date_joined`.',
    body: {
      type: UpdateMembershipDto,
      examples: {
        'Change the type': { type_membership: 'ADMIN' },
        'Restore a deleted membership': { is_deleted: false },
        'Make it the active one': { is_active: true },
        'Let it end by itself': { valid_until: '2999-01-31T23:00:00-06:00' },
      },
    },
    status: 201,
    ok: MembershipResponse,
    headers: ETAG,
    errors: { 409: { ...LAST_ADMIN, ...CHOICE, ...DELETED, ...NOT_IN_FORCE } },
  })
  updateMembership(
    @Caller() caller: CurrentMedic,
    @IdParam(2) id: number,
    @Body() input: UpdateMembershipDto,
    @ExpectedVersion() ifMatch: IfMatch | undefined,
  ): Promise<MembershipResponse> {
    return this.memberships.update(caller, id, input, ifMatch);
  }

  @Delete(':id')
  @HttpCode(201)
  @Require('membership:remove', target.membershipInPath)
  @TaggedWrite()
  @Answers({
    summary: 'Remove a medic from a hospital, or leave it',
    rules:
      'A hospital keeps at least one live ADMIN without an end whose account is active. A deleted membership is a 404, ' +
      'and to its medic one outside its time.',
    changes:
      'Marks the membership as deleted, in force from the next request on. If it was the active one, the medic has no ' +
      'active hospital until one is chosen.',
    status: 201,
    ok: MembershipResponse,
    headers: ETAG,
    errors: { 409: LAST_ADMIN },
  })
  deleteMembership(
    @Caller() caller: CurrentMedic,
    @IdParam(2) id: number,
    @ExpectedVersion() ifMatch: IfMatch | undefined,
  ): Promise<MembershipResponse> {
    return this.memberships.remove(caller, id, ifMatch);
  }
}
