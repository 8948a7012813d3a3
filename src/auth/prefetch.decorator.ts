import { Reflector } from '@nestjs/core';

/** How many rows of a caller's own list may be read, or counted, together with its key; a longer list is read as one. */
export const MAX_PREFETCHED = 200;

/** A list as a route answers it to a request without parameters. */
export interface ListLookup {
  /**
   * A SELECT, of bounded cost because keys wait behind it, for the medic `caller.id`. What the route's CallerLookup finds are columns of `caller` too, of other
   * names than `id` and `known`; the id that it looks for is `$2`.
   */
  readonly sql: string;
  /** The order of the rows of {@link sql}, which are called `list`. */
  readonly orderBy: string;
}

/**
 * Reads the list of a route by the statement that finds the caller, where the request has no parameters and
 * no replica is there to be asked instead; `prefetchedFor` has it then.
 */
export const Prefetches = Reflector.createDecorator<ListLookup>();
