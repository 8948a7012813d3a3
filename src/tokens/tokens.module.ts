import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { TokenAuthController } from './token-auth.controller.js';

/** The keys of a medic. */
@Module({ imports: [AuthModule], controllers: [TokenAuthController] })
export class TokensModule {}
