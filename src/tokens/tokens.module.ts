import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { TokenAuthController } from './token-auth.controller.js';

/** Log-in, rotation and revocation of keys over HTTP. */
@Module({ imports: [AuthModule], controllers: [TokenAuthController] })
export class TokensModule {}
