import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Limiters } from './limiter.js';

/** Provides {@link Limiters} globally, and closes their connection to Redis on shutdown. */
@Module({})
export class LimitsModule implements OnApplicationShutdown {
  constructor(private readonly limiters: Limiters) {}

  static with(limiters: Limiters): DynamicModule {
    const provider = { provide: Limiters, useValue: limiters };
    return { module: LimitsModule, global: true, providers: [provider], exports: [provider] };
  }

  onApplicationShutdown(): void {
    this.limiters.close();
  }
}
