import * as decisions from './decision.requests.js';
import * as searches from './search.requests.js';

/** The schemas of requests in which unknown members are ignored, as the standard says. */
export const OPEN_SCHEMAS: readonly string[] = [...Object.keys(decisions), ...Object.keys(searches)];
