import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { IntrospectionController } from './introspection.controller.js';
import { TokenAuthController } from './token-auth.controller.js';

/** Log-in, rotation and revocation of keys over HTTP, and what services learn about a key. */
@Module({ imports: [AuthModule], controllers: [TokenAuthController, IntrospectionController] })
export class TokensModule {}
