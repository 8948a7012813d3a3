import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../access/require.decorator.js';
import { Answers } from '../../http/output/answers.decorator.js';
import { InvalidHost } from '../../http/output/http-errors.js';
import { Problem } from '../../http/output/problem.decorator.js';
import { RouteSettings } from '../../http/server/route-settings.js';
import { KeySetResponse } from './dto/evidence.dtos.js';
import { SigningKeys } from './signing-keys.js';

/** The public keys of the service. */
@ApiTags('Evidence')
@Controller('.well-known')
export class KeySetController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @Public()
  @RouteSettings({ anyAccept: true, errorFormat: 'problem' })
  @Answers({
    summary: 'Get the public keys of the service',
    rules: 'JSON Web Key Set (RFC 7517) with the Ed25519 keys that sign checkpoints and receipts.',
    ok: KeySetResponse,
  })
  @Problem(400, 'The Host header names no host.', new InvalidHost())
  getKeySet(@Res({ passthrough: true }) reply: FastifyReply): KeySetResponse {
    reply.header('cache-control', 'public, max-age=300');
    return { keys: this.keys.all.map(({ jwk }) => jwk) };
  }
}
