import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TokenAuthGuard } from './token-auth.guard.js';
import { TokensService } from './tokens.service.js';

/** Who is calling. */
@Module({
  providers: [TokensService, { provide: APP_GUARD, useClass: TokenAuthGuard }],
  exports: [TokensService],
})
export class AuthModule {}
