import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import { MedicKeys } from '../auth/medic-keys.js';
import { RequireScope } from '../auth/require-scope.decorator.js';
import { digestOf, keyKindOf } from '../auth/token-key.js';
import { Answers } from '../http/output/answers.decorator.js';
import { UnsupportedMediaType } from '../http/output/http-errors.js';
import { RouteSettings } from '../http/server/route-settings.js';
import { IntrospectDto, IntrospectionResponse, toIntrospectionResponse } from './dto/introspection.dtos.js';
import { NoTokenToIntrospect } from './introspection.errors.js';

const ONLY_FORM = { onlyForm: true };

/** Whose a medic's key is, for services that receive one (RFC 7662). */
@ApiTags('Introspection')
@Controller('oauth2')
export class IntrospectionController {
  constructor(private readonly medics: MedicKeys) {}

  @Post('introspect')
  @HttpCode(200)
  @RequireScope('token:introspect', 'oauth')
  @ApiConsumes('application/x-www-form-urlencoded')
  @RouteSettings(ONLY_FORM)
  @Answers({
    summary: "Look up whose a medic's key is",
    rules:
      'OAuth 2.0 Token Introspection (RFC 7662). Anything that is not the live key of an active medic is ' +
      '`{"active": false}`: an unknown, expired or revoked key, and the key of a service account. It does not count as ' +
      'use of the key.',
    body: {
      type: IntrospectDto,
      examples: { 'A key': { token: 'hmk_00000000000000000000000000000000xxxxxxx' } },
    },
    ok: IntrospectionResponse,
  })
  async introspect(
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
  ): Promise<IntrospectionResponse> {
    if (body !== undefined && !isForm(contentType)) throw new UnsupportedMediaType(ONLY_FORM);
    const { token } = Object(body) as { token?: unknown };
    // An empty parameter counts as absent (RFC 6749, section 3.2).
    if (typeof token !== 'string' || token === '') throw new NoTokenToIntrospect();
    return toIntrospectionResponse(keyKindOf(token) === 'medic' ? await this.medics.find(digestOf(token)) : null);
  }
}

function isForm(contentType = ''): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType);
}
