import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Require } from '../access/require.decorator.js';
import { target } from '../access/target.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { IdParam } from '../http/input/path-id.js';
import { Answers } from '../http/output/answers.decorator.js';
import { PageQuery, pageOf, sliceOf } from '../http/output/pagination.js';
import { requestUrl } from '../http/output/urls.js';
import { HospitalHistoryQuery } from './dto/history.queries.js';
import { ChangePage } from './dto/history.response.js';
import { HistoryReader, type PageOfChanges } from './history.reader.js';

/** Who changed what, for the people of a hospital (section 12 of the contract). */
@ApiTags('Memberships')
@Controller()
export class HistoryController {
  constructor(
    private readonly history: HistoryReader,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get('management/memberships/:id/history')
  @Require('membership:read-history', target.membershipInPath)
  @Answers({
    summary: 'List the changes of a membership, newest first',
    rules:
      'Every change is listed, including those before a removal, with its actor. If you may not see the membership, ' +
      'the response is a 404. A request sees every change that was acknowledged before it.',
    ok: ChangePage,
  })
  async listMembershipHistory(
    @Caller() caller: CurrentMedic,
    @IdParam(2) id: number,
    @Query() query: PageQuery,
    @Req() request: FastifyRequest,
  ) {
    return this.answer(request, query, await this.history.ofMembership(caller, id, sliceOf(query)));
  }

  @Get('memberships/:id/history')
  @Require('hospital:read-history', target.hospitalInPath)
  @Answers({
    summary: 'List the changes of a hospital and its memberships, newest first',
    rules:
      'Returns the `membership.*` and `hospital.*` changes, those of people who left included. `from` is inclusive, ' +
      '`to` is exclusive. An unknown hospital is a 401, like one without the right; an id that cannot exist is a 404. ' +
      'A request sees every change that was acknowledged before it.',
    ok: ChangePage,
  })
  async listHospitalHistory(
    @Caller() caller: CurrentMedic,
    @IdParam(1) id: number,
    @Query() query: HospitalHistoryQuery,
    @Req() request: FastifyRequest,
  ) {
    return this.answer(request, query, await this.history.ofHospital(caller, id, query, sliceOf(query)));
  }

  private answer(request: FastifyRequest, query: PageQuery, { count, changes }: PageOfChanges) {
    return pageOf(requestUrl(request, this.environment.PUBLIC_URL), sliceOf(query), count, changes);
  }
}
