import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { Answers } from '../http/output/answers.decorator.js';
import { jsonArray } from '../http/output/json-array.js';
import { neighboursOf, sliceOf } from '../http/output/pagination.js';
import { IdParam } from '../http/input/path-id.js';
import { requestUrl } from '../http/output/urls.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { MembershipResponse } from './dto/membership.response.js';
import { HospitalMembershipsQuery } from './dto/membership.queries.js';
import { Require } from '../access/require.decorator.js';
import { target } from '../access/target.js';
import { MembershipsReader } from './memberships.reader.js';
import { MEMBERSHIPS_BATCH } from './memberships.sql.js';
import { PastMembershipsReader } from './past-memberships.reader.js';

/** The memberships of one hospital, for its ADMINs (section 3 of the contract). */
@ApiTags('Memberships')
@Controller('memberships')
export class HospitalMembershipsController {
  constructor(
    private readonly present: MembershipsReader,
    private readonly past: PastMembershipsReader,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get(':id')
  @Require('hospital:list-memberships', target.hospitalInPath)
  @Answers({
    summary: 'List the memberships of a hospital, newest first',
    rules:
      'Returns live memberships, deleted ones with `is_deleted=true`, or those outside their time with `in_force=false`. An unknown hospital is a 401, like one without ' +
      'the right; an id that cannot exist is a 404. Without `limit` and `offset` the array is complete. With `at` the ' +
      'types, the flags and the filters are those of that instant, and never change once it is 15 s ago; names and ' +
      'emails are the present ones, also of people who left.',
    ok: [MembershipResponse],
    headers: { Link: 'With `limit` or `offset`: URLs of the next and the previous slice.' },
  })
  async listHospitalMemberships(
    @Caller() caller: CurrentMedic,
    @IdParam(1) id: number,
    @Query() query: HospitalMembershipsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MembershipResponse[] | Readable> {
    const reader = query.at === undefined ? this.present : await this.past.at(query.at);
    if (query.limit === undefined && query.offset === undefined) {
      reply.type('application/json; charset=utf-8');
      return jsonArray((after) => reader.batchOfHospital(caller, id, query, after), MEMBERSHIPS_BATCH);
    }
    const [memberships, hasMore] = await reader.sliceOfHospital(caller, id, query);
    const { next, previous } = neighboursOf(requestUrl(request, this.environment.PUBLIC_URL), sliceOf(query), hasMore);
    const links = [next && `<${next}>; rel="next"`, previous && `<${previous}>; rel="prev"`].filter(Boolean);
    if (links.length > 0) reply.header('link', links.join(', '));
    return memberships;
  }
}
