import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccountLimits } from './account-limits.js';
import { TokenAuthGuard } from './token-auth.guard.js';
import { CallersReader } from './callers.reader.js';
import { FailureLimit } from './failure-limit.js';
import { LoginLimits } from './login-limits.js';
import { LoginService } from './login.service.js';
import { MedicKeys } from './medic-keys.js';
import { RecentKeys } from './recent-keys.js';
import { ServiceAccounts } from './service-accounts.js';
import { ServiceCallers } from './service-callers.js';
import { ServiceUsage } from './service-usage.js';
import { TokenUsage } from './token-usage.js';
import { TokensService } from './tokens.service.js';

/** Who is calling. */
@Module({
  providers: [
    TokensService,
    CallersReader,
    LoginService,
    LoginLimits,
    AccountLimits,
    RecentKeys,
    FailureLimit,
    TokenUsage,
    MedicKeys,
    ServiceAccounts,
    ServiceCallers,
    ServiceUsage,
    { provide: APP_GUARD, useClass: TokenAuthGuard },
  ],
  exports: [TokensService, LoginService, AccountLimits, MedicKeys, ServiceAccounts, ServiceCallers],
})
export class AuthModule {}
