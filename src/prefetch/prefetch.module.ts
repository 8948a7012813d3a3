import { Global, Injectable, Module } from '@nestjs/common';
import { Prefetches, type CallerFinder, type Handler, type ServiceFinder } from '../auth/prefetch.js';
import type { Scope } from '../auth/scope.js';
import { Reads } from '../database/reads.js';
import { PrefetchingFinder } from './prefetching-finder.js';
import { RecordModule } from '../record/record.module.js';
import { RecordReader } from '../record/record-reader.js';
import { ASKED_OF_ROUTE, PREFETCH_OF_ROUTE } from './routes.js';
import { PrefetchingServiceFinder } from './service-finder.js';

/** Builds the statements of the medics' routes at the start, and those of a route for services when it is first used. */
@Injectable()
class PrefetchesOfRoutes extends Prefetches {
  private readonly finders: ReadonlyMap<Handler, CallerFinder>;

  constructor(
    private readonly reads: Reads,
    private readonly record: RecordReader,
  ) {
    super();
    this.finders = new Map(
      [...PREFETCH_OF_ROUTE].map(([route, prefetch]) => [route, new PrefetchingFinder(reads, prefetch)]),
    );
  }

  override finderOf(handler: Handler): CallerFinder | undefined {
    return this.finders.get(handler);
  }

  override serviceFinderOf(handler: Handler, scope: Scope): ServiceFinder | undefined {
    const asked = ASKED_OF_ROUTE.get(handler);
    return asked === undefined ? undefined : new PrefetchingServiceFinder(this.reads, this.record, asked, scope);
  }
}

/**
 * Reads the rows that a route needs in the statement that looks up the key. Without this folder the service sends more
 * statements and responds the same, which `npm run test:plain` shows.
 */
@Global()
@Module({
  imports: [RecordModule],
  providers: [{ provide: Prefetches, useClass: PrefetchesOfRoutes }],
  exports: [Prefetches],
})
export class PrefetchModule {}
