import { Body, Controller, Delete, HttpCode, Ip, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/output/answers.decorator.js';
import { AnyMedic, Public } from './access.decorator.js';
import { TooManyTokens, WrongCredentials } from './auth.errors.js';
import { Caller, type CurrentMedic } from './current-medic.decorator.js';
import { LoginDto, RevokeQuery, RotateDto, RotateQuery, TokenResponse } from './dto/token.dtos.js';
import { LoginService } from './login.service.js';
import { TokensService } from './tokens.service.js';

const TOO_MANY_TOKENS = { 409: { 'The medic has too many live tokens.': { message: new TooManyTokens().message } } };
const WRONG = new WrongCredentials();

/** A medic's own keys. */
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
    summary: 'Get a token for a password',
    ok: TokenResponse,
    errors: {
      ...TOO_MANY_TOKENS,
      400: { 'The email or the password is wrong.': { message: WRONG.message, ...WRONG.details } },
    },
  })
  async createToken(@Body() { email, password }: LoginDto, @Ip() address: string): Promise<TokenResponse> {
    return { token: await this.logins.login(email, password, address) };
  }

  @Post('rotate')
  @HttpCode(200)
  @AnyMedic()
  @Answers({ summary: 'Get a new token instead of the present one', ok: TokenResponse, errors: TOO_MANY_TOKENS })
  @ApiBody({ type: RotateDto, required: false })
  async rotateToken(
    @Caller() caller: CurrentMedic,
    @Query() { grace = 60 }: RotateQuery,
    @Body() _nothing: RotateDto,
  ): Promise<TokenResponse> {
    return { token: await this.tokens.rotate(caller, grace) };
  }

  @Delete()
  @HttpCode(204)
  @AnyMedic()
  @ApiOperation({ summary: 'Revoke the present token, or all others' })
  @ApiResponse({ status: 204, description: 'What was revoked no longer works.' })
  async revokeToken(@Caller() caller: CurrentMedic, @Query() { all = false }: RevokeQuery): Promise<void> {
    if (all) await this.tokens.revokeOthers(caller.id, caller.tokenId);
    else await this.tokens.revoke(caller.id, caller.tokenId);
  }
}
