import { Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { Reads } from './reads.js';

/** Provides {@link Reads}. */
@Global()
@Module({
  providers: [
    {
      provide: Reads,
      inject: [DataSource, ENVIRONMENT],
      useFactory: (dataSource: DataSource, { DATABASE_REPLICA_URLS }: Environment) =>
        new Reads(dataSource, DATABASE_REPLICA_URLS),
    },
  ],
  exports: [Reads],
})
export class DatabaseModule {}
