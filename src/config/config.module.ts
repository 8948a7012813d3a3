import { Module, type DynamicModule } from '@nestjs/common';
import { ENVIRONMENT, type Environment } from './environment.js';

/** Provides the settings globally under {@link ENVIRONMENT}. */
@Module({})
export class ConfigModule {
  static with(environment: Environment): DynamicModule {
    const provider = { provide: ENVIRONMENT, useValue: environment };
    return { module: ConfigModule, global: true, providers: [provider], exports: [provider] };
  }
}
