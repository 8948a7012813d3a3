import { Body, Controller, Delete, HttpCode, Ip, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Answers } from '../http/output/answers.decorator.js';
import { Public, Require } from '../access/require.decorator.js';
import { TooManyTokens, WrongCredentials } from '../auth/auth.errors.js';
import { Caller, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { LoginDto, RevokeQuery, RotateDto, RotateQuery, TokenResponse } from './dto/token.dtos.js';
import { LoginService } from '../auth/login.service.js';
import { TokensService } from '../auth/tokens.service.js';

const TOO_MANY_TOKENS = { 409: { 'The medic has too many live keys.': { message: new TooManyTokens().message } } };
const WRONG = new WrongCredentials();

/** Log-in, and a medic's own keys (section 6 of the contract). */
@ApiTags('Tokens')
@Controller('token-auth')
export class TokenAuthController {
  constructor(
    private readonly logins: LoginService,
    private readonly tokens: TokensService,
  ) {}

  @Post()
  @HttpCode(200)
  @Public()
  @Answers({
    summary: 'Log in with a password',
    rules:
      'After too many wrong passwords, log-ins from the address are refused and those to the email delayed. A log-in ' +
      'beyond the limit of live keys replaces the oldest log-in key.',
    changes: 'Creates a key that expires.',
    body: {
      type: LoginDto,
      examples: {
        'Email and password': { email: 'ana.nunez@example.org', password: 'correct horse battery staple' },
      },
    },
    ok: TokenResponse,
    errors: {
      ...TOO_MANY_TOKENS,
      400: { 'The email or the password is wrong.': { message: WRONG.message, ...WRONG.details } },
    },
  })
  async createToken(
    @Body() { email, password }: LoginDto,
    @Ip() address: string,
    @Req() request: FastifyRequest,
  ): Promise<TokenResponse> {
    return { token: await this.logins.login(email, password, address, request.id) };
  }

  @Post('rotate')
  @HttpCode(200)
  @Require('token:rotate')
  @Answers({
    summary: 'Replace your key',
    rules:
      'The old key keeps working for `grace` seconds, so that running processes can switch. It counts as a live key for ' +
      'that long; at the limit of live keys use `grace=0`.',
    changes: 'Creates a key, and lets the key of the request expire.',
    body: { type: RotateDto, required: false, examples: { 'No fields': {} } },
    ok: TokenResponse,
    errors: TOO_MANY_TOKENS,
  })
  async rotateToken(
    @Caller() caller: CurrentMedic,
    @Query() { grace = 60 }: RotateQuery,
    @Body() _nothing: RotateDto,
  ): Promise<TokenResponse> {
    return { token: await this.tokens.rotate(caller, grace) };
  }

  @Delete()
  @HttpCode(204)
  @Require('token:revoke')
  @Answers({
    summary: 'Revoke your key, or all others',
    rules: 'Revokes the key of the request. With `all=true` it revokes every other key of yours instead.',
    changes: 'Revoked keys stop working with the next request, for good.',
    status: 204,
    ok: null,
  })
  async revokeToken(@Caller() caller: CurrentMedic, @Query() { all = false }: RevokeQuery): Promise<void> {
    if (all) await this.tokens.revokeOthers(caller);
    else await this.tokens.revokeCurrent(caller);
  }
}
