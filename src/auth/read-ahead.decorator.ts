import { Reflector } from '@nestjs/core';

/** A list as a route answers it to a request without parameters. */
export interface ListLookup {
  /** A SELECT for the medic `caller.id`, with what the route's RightLookup found of `caller` too, and its id `$2`; no column may be found twice. */
  readonly sql: string;
  /** The order of the rows of {@link sql}, which are called `list`. */
  readonly orderBy: string;
}

/**
 * Reads the list of a route by the statement that finds the caller, where the request has no parameters and
 * no replica is there to be asked instead; `readAheadFor` has it then.
 */
export const ReadsAhead = Reflector.createDecorator<ListLookup>();
