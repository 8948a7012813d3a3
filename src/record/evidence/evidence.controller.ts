import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import { RequireScope } from '../../auth/require-scope.decorator.js';
import { InvalidInput, NotFound } from '../../common/errors.js';
import { RouteSettings } from '../../http/server/route-settings.js';
import { EvidenceAnswers, TilePath } from './evidence-answers.decorator.js';
import { ProofQuery } from './dto/evidence.dtos.js';
import { Evidence } from './evidence.js';
import { parseLevel, parseTilePath, type TileIndex } from './tile-path.js';
import { Tiles } from './tiles.js';

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

const ONE_ENTRY = 'Send either position or entry.';

/** A tile never changes. Only the client may keep it, because it needed a key. */
const IMMUTABLE = { 'cache-control': 'private, max-age=31536000, immutable' };

const compressed = promisify(gzip);

/** Evidence for auditors: the record as a tiled transparency log (C2SP tlog-tiles). */
@ApiTags('Evidence')
@Controller('record')
export class EvidenceController {
  constructor(
    private readonly evidence: Evidence,
    private readonly tiles: Tiles,
  ) {}

  @Get('checkpoint')
  @RequireScope('record:read')
  @RouteSettings({ anyAccept: true })
  @EvidenceAnswers({
    summary: 'Get a signed checkpoint of the record',
    rules:
      'C2SP tlog-checkpoint: the origin, the number of entries and the root of their Merkle tree, signed with Ed25519. ' +
      'It covers everything that was committed before the request. Keep it: no later checkpoint of the same origin ' +
      'contradicts it.',
    media: TEXT,
    isSigned: true,
  })
  async getCheckpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const checkpoint = await this.evidence.checkpoint();
    reply.type(TEXT).header('cache-control', 'private, max-age=5');
    return checkpoint;
  }

  @Get('proof')
  @RequireScope('record:read')
  @RouteSettings({ anyAccept: true })
  @EvidenceAnswers({
    summary: 'Get a proof that an entry is in the record',
    rules:
      'C2SP tlog-proof: the bytes of the entry as extra data, its index (its position minus 1), the inclusion proof, ' +
      'and a signed checkpoint. It can be verified offline.',
    media: TEXT,
    isSigned: true,
    notFound: 'The record has no such entry.',
  })
  async getProof(@Query() query: ProofQuery, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const proof = await this.proofFor(query);
    reply.type(TEXT);
    return proof;
  }

  // Declared before the tiles, whose level would match `entries`.
  @Get('tile/entries/*')
  @RequireScope('record:read')
  @RouteSettings({ anyAccept: true })
  @EvidenceAnswers({
    summary: 'Get a bundle of entries',
    rules:
      'C2SP tlog-tiles: 256 entries, or the first `W` of them for a partial bundle (`<N>.p/<W>`), each after its length ' +
      'as a big-endian uint16. Entry n is leaf n-1 of the tree; its hash is over exactly these bytes.',
    media: BYTES,
    notFound: 'The record has no such bundle yet.',
  })
  async getEntryBundle(
    @TilePath() path: string,
    @Headers('accept-encoding') encodings: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const bundle = await this.tiles.bundle(tileOf(path));
    if (bundle === undefined) throw new NotFound();
    reply.type(BYTES).headers({ ...IMMUTABLE, vary: 'Accept-Encoding' });
    if (!acceptsGzip(encodings)) return bundle;
    reply.header('content-encoding', 'gzip');
    return compressed(bundle);
  }

  @Get('tile/:level/*')
  @RequireScope('record:read')
  @RouteSettings({ anyAccept: true })
  @ApiParam({
    name: 'level',
    description: 'Level of the tile, from 0 for leaves.',
    schema: { type: 'integer', minimum: 0, maximum: 63, example: 0 },
  })
  @EvidenceAnswers({
    summary: 'Get a tile of the Merkle tree',
    rules:
      'C2SP tlog-tiles: 256 hashes of 32 bytes, or the first `W` of them for a partial tile (`<N>.p/<W>`). Those of ' +
      'level 0 are the hashes of entries, those of other levels the roots of full tiles below. RFC 6962 with SHA-256.',
    media: BYTES,
    notFound: 'The tree has no such tile yet.',
  })
  async getTile(
    @Param('level') level: string,
    @TilePath() path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const tile = tileOf(path);
    const hashes = await this.tiles.hashes(parseLevel(level) ?? noTile(), tile);
    if (hashes === undefined) throw new NotFound();
    reply.type(BYTES).headers(IMMUTABLE);
    return hashes;
  }

  private async proofFor({ position, entry }: ProofQuery): Promise<string> {
    if (position !== undefined && entry === undefined) return this.evidence.proofAt(position);
    if (entry !== undefined && position === undefined) return this.evidence.proofOf(entry);
    throw new InvalidInput(ONE_ENTRY);
  }
}

function tileOf(path: string): TileIndex {
  return parseTilePath(path) ?? noTile();
}

function noTile(): never {
  throw new NotFound();
}

/** An encoding with the weight 0 is not acceptable (RFC 9110, section 12.5.3). */
function acceptsGzip(encodings = ''): boolean {
  return encodings.split(',').some((encoding) => /^\s*gzip\s*(;\s*q=(0\.\d*[1-9]\d*|1(\.0*)?)\s*)?$/i.test(encoding));
}
