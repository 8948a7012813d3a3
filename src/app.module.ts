import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuthModule } from './auth/auth.module.js';
import type { Limiters } from './limits/limiter.js';
import { LimitsModule } from './limits/limits.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Environment } from './config/environment.js';
import { DatabaseModule } from './database/database.module.js';
import { DecisionsModule } from './decisions/decisions.module.js';
import { HealthModule } from './health/health.module.js';
import { HospitalsModule } from './hospitals/hospitals.module.js';
import { LocationsModule } from './locations/locations.module.js';
import { MedicsModule } from './medics/medics.module.js';
import { MembershipsModule } from './memberships/memberships.module.js';
import { PrefetchModule } from './prefetch/prefetch.module.js';
import { EvidenceModule } from './record/evidence/evidence.module.js';
import { FeedModule } from './record/feed/feed.module.js';
import { RecordModule } from './record/record.module.js';
import { WebhooksModule } from './record/webhooks/webhooks.module.js';
import { ExpiredResponses } from './retries/expired-responses.js';
import { TokensModule } from './tokens/tokens.module.js';

/** The complete service on one database. */
@Module({})
export class AppModule {
  /**
   * @param dataSource connected; the application closes it on shutdown, together with the Redis connection of `limiters`
   */
  static on(dataSource: DataSource, environment: Environment, limiters: Limiters): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        LimitsModule.with(limiters),
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        DatabaseModule,
        AuthModule,
        MembershipsModule,
        HospitalsModule,
        MedicsModule,
        LocationsModule,
        TokensModule,
        RecordModule,
        EvidenceModule,
        FeedModule,
        DecisionsModule,
        WebhooksModule,
        HealthModule,
        PrefetchModule,
      ],
      providers: [ExpiredResponses],
    };
  }
}
