import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/require.decorator.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { Answers } from '../http/output/answers.decorator.js';
import { InvalidHost } from '../http/output/http-errors.js';
import { baseUrlOf } from '../http/output/urls.js';
import { Problem } from '../http/output/problem.decorator.js';
import { RouteSettings } from '../http/server/route-settings.js';

const BASE = 'https://memberships.example.org';

/** Where the Authorization API is (AuthZEN, section "Policy Decision Point Metadata"). */
export class MetadataResponse {
  @ApiProperty({ example: BASE, description: 'The identifier of this service: its base URL.' })
  policy_decision_point!: string;

  @ApiProperty({ example: `${BASE}/access/v1/evaluation`, description: 'Access Evaluation API.' })
  access_evaluation_endpoint!: string;

  @ApiProperty({ example: `${BASE}/access/v1/evaluations`, description: 'Access Evaluations API.' })
  access_evaluations_endpoint!: string;

  @ApiProperty({ example: `${BASE}/access/v1/search/subject`, description: 'Subject Search API.' })
  search_subject_endpoint!: string;

  @ApiProperty({ example: `${BASE}/access/v1/search/resource`, description: 'Resource Search API.' })
  search_resource_endpoint!: string;

  @ApiProperty({ example: `${BASE}/access/v1/search/action`, description: 'Action Search API.' })
  search_action_endpoint!: string;
}

/** Tells clients where the Authorization API is. */
@ApiTags('Decisions')
@Controller('.well-known')
export class MetadataController {
  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  @Get('authzen-configuration')
  @Public()
  @RouteSettings({ anyAccept: true, errorFormat: 'problem' })
  @Answers({
    summary: 'Get the endpoints of the Authorization API',
    rules: 'AuthZEN metadata. Without a configured public URL, the endpoints are those of the host of the request.',
    ok: MetadataResponse,
  })
  @Problem(400, 'The Host header names no host.', new InvalidHost())
  getMetadata(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): MetadataResponse {
    const { PUBLIC_URL } = this.environment;
    const base = baseUrlOf(request, PUBLIC_URL);
    // Without PUBLIC_URL the response depends on the request's host, so no shared cache may keep it.
    reply.header('cache-control', `${PUBLIC_URL === undefined ? 'private' : 'public'}, max-age=300`);
    return {
      policy_decision_point: base,
      access_evaluation_endpoint: `${base}/access/v1/evaluation`,
      access_evaluations_endpoint: `${base}/access/v1/evaluations`,
      search_subject_endpoint: `${base}/access/v1/search/subject`,
      search_resource_endpoint: `${base}/access/v1/search/resource`,
      search_action_endpoint: `${base}/access/v1/search/action`,
    };
  }
}
