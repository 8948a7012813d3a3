import { Module } from '@nestjs/common';

/** Replaces the modules of `src/prefetch/` in `npm run test:plain`. */
@Module({})
export class PrefetchModule {}
