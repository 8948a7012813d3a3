import { Reflector } from '@nestjs/core';

/** A list as a route answers it to a request without parameters. */
export interface ListLookup {
  /**
   * A SELECT for the medic `caller.id`. What the route's RightLookup finds are columns of `caller` too, of other
   * names than `id` and `known`; the id that it looks for is `$2`.
   */
  readonly sql: string;
  /** The order of the rows of {@link sql}, which are called `list`. */
  readonly orderBy: string;
}

/**
 * Reads the list of a route by the statement that finds the caller, where the request has no parameters and
 * no replica is there to be asked instead; `readAheadFor` has it then.
 */
export const ReadsAhead = Reflector.createDecorator<ListLookup>();
