import { Controller, Get, Headers, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { CallingService, type CurrentService } from '../../auth/current-service.decorator.js';
import { RequireScope } from '../../auth/require-scope.decorator.js';
import { ENVIRONMENT, type Environment } from '../../config/environment.js';
import { NotAcceptable } from '../../http/output/http-errors.js';
import { requestUrl } from '../../http/output/urls.js';
import { preferredType } from '../../http/server/http-rules.js';
import { RouteSettings } from '../../http/server/route-settings.js';
import { entryOf } from '../entry.js';
import type { Entries } from '../record-reader.js';
import { CLOUD_EVENTS, cloudEventsOf } from './cloud-events.js';
import { EVENT_STREAM, ENTRIES_PER_READ, EventStream } from './event-stream.js';
import { FeedAnswers } from './feed.document.js';
import { FeedQuery } from './feed.query.js';
import { FeedService } from './feed.service.js';
import { Followers } from './followers.js';

/** The representations, the default first. */
const TYPES = ['application/json', CLOUD_EVENTS, EVENT_STREAM] as const;

/** Every change, in order, for service accounts that follow them (section 12 of the contract). */
@ApiTags('Events')
@Controller('events')
export class FeedController {
  constructor(
    private readonly feed: FeedService,
    private readonly followers: Followers,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get()
  @RequireScope('event:read')
  @RouteSettings({ anyAccept: true })
  @FeedAnswers()
  async listEvents(
    @Query() query: FeedQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CallingService() service: CurrentService,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Readable> {
    const type = preferredType(request, TYPES);
    if (type === undefined) throw new NotAcceptable(`${TYPES.slice(0, -1).join(', ')} and ${EVENT_STREAM}`);
    // HEAD has no body to wait for.
    const mayFollow = request.method === 'GET';
    if (type === EVENT_STREAM) {
      const first = await this.feed.begin(service.id, { ...query, limit: ENTRIES_PER_READ }, lastEventId);
      // Proxies that buffer responses would hold events back.
      reply.type(`${EVENT_STREAM}; charset=utf-8`).header('x-accel-buffering', 'no');
      return mayFollow ? new EventStream(this.feed, this.followers.admit(request, reply), first) : '';
    }
    const first = await this.feed.begin(service.id, query);
    const { wait = 0 } = query;
    const mustWait = mayFollow && wait > 0 && first.entries.length === 0;
    const read = mustWait ? await this.feed.wait(this.followers.admit(request, reply), wait, first) : first;
    reply.type(`${type}; charset=utf-8`);
    if (type === CLOUD_EVENTS) {
      reply.header('link', `<${nextUrl(requestUrl(request, this.environment.PUBLIC_URL), read)}>; rel="next"`);
      return cloudEventsOf(read);
    }
    return jsonOf(read);
  }
}

/** Entries are sent byte for byte as they are stored, because their bytes are the leaves of the Merkle tree. */
function jsonOf({ entries, next, head }: Entries): string {
  const data = entries.map(({ body }) => body).join(',');
  return `{"data":[${data}],"next":${String(next)},"head":${String(head)}}`;
}

/** @returns the URL of the entries after these, with the `id` of the entry there if it is known */
function nextUrl(url: string, { entries, next }: Entries): string {
  const target = new URL(url);
  target.searchParams.delete('id');
  target.searchParams.set('after', String(next));
  const last = entries.at(-1);
  if (last?.position === next) target.searchParams.set('id', entryOf(last.body).id);
  return target.href;
}
