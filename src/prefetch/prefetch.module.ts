import { Global, Injectable, Module } from '@nestjs/common';
import { Prefetches, type CallerFinder, type Handler } from '../auth/prefetch.js';
import { Reads } from '../database/reads.js';
import { PrefetchingFinder } from './prefetching-finder.js';
import { PREFETCH_OF_ROUTE } from './routes.js';

/** Builds the statements of all routes at the start. */
@Injectable()
class PrefetchesOfRoutes extends Prefetches {
  private readonly finders: ReadonlyMap<Handler, CallerFinder>;

  constructor(reads: Reads) {
    super();
    this.finders = new Map(
      [...PREFETCH_OF_ROUTE].map(([route, prefetch]) => [route, new PrefetchingFinder(reads, prefetch)]),
    );
  }

  override finderOf(handler: Handler): CallerFinder | undefined {
    return this.finders.get(handler);
  }
}

/**
 * Reads the rows that a route needs in the statement that looks up the key. Without this folder the service sends more
 * statements and responds the same, which `npm run test:plain` shows.
 */
@Global()
@Module({ providers: [{ provide: Prefetches, useClass: PrefetchesOfRoutes }], exports: [Prefetches] })
export class PrefetchModule {}
