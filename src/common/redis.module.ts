import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { REDIS } from './redis.js';

/** Hands the Redis that processes share limits through to whoever injects {@link REDIS}, and closes it. */
@Module({})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis | null) {}

  /** @param redis null where the process limits by itself */
  static with(redis: Redis | null): DynamicModule {
    const provider = { provide: REDIS, useValue: redis };
    return { module: RedisModule, global: true, providers: [provider], exports: [provider] };
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}
