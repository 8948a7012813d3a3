import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/require.decorator.js';
import { isKnown } from '../http/output/entity-tag.js';
import { RouteSettings } from '../http/server/route-settings.js';
import type { Readable } from 'node:stream';
import { PicturesService } from './pictures.service.js';

/** Browsers send no token with an image, so the route is public; its URL cannot be guessed. */
const HEADERS = {
  'cache-control': 'public, max-age=31536000, immutable',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
};

/** Pictures of hospitals (section 5 of the contract). */
@ApiTags('Pictures')
@Controller('pictures')
export class PicturesController {
  constructor(private readonly pictures: PicturesService) {}

  @Get(':digest')
  @Public()
  @RouteSettings({ anyAccept: true, oneAtATime: true })
  @ApiOperation({
    summary: 'Get a picture of a hospital',
    description: '**Rules:** The URL comes from a hospital and cannot be guessed.\n\n**Changes:** Nothing.',
  })
  @ApiParam({
    name: 'digest',
    description: 'Last part of the URL in `picture` or `university_logo` of a hospital.',
    example: '0'.repeat(64),
  })
  @ApiProduces('image/jpeg')
  @ApiResponse({
    status: 200,
    description: 'The picture. It never changes at this URL.',
    content: { 'image/jpeg': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiResponse({ status: 304, description: 'Your copy is current.' })
  @ApiResponse({
    status: 404,
    description: 'No hospital has this picture.',
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/ErrorResponse' }, example: { message: 'Not found' } },
    },
  })
  async getPicture(
    @Param('digest') digest: string,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable | undefined> {
    const { size, content } = await this.pictures.get(digest);
    const etag = `"${digest}"`;
    reply.headers({ ...HEADERS, etag });
    if (isKnown(known, etag)) {
      reply.status(304);
      return undefined;
    }
    reply.type('image/jpeg').header('content-length', size);
    return content;
  }
}
