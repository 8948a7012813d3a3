import type { IncomingMessage, ServerResponse } from 'node:http';
import { Overloaded } from '../../common/errors.js';
import { requestIdOf, returnedIdOf } from '../../observability/request-log.js';

const BODY = JSON.stringify({ message: new Overloaded().message });

/** Responds with {@link Overloaded} at minimal cost: without route, hooks and log line. */
export function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': BODY.length,
    'cache-control': 'private, no-store',
    'retry-after': '1',
    'x-request-id': returnedIdOf({ raw: request, id: requestIdOf(request) }),
  });
  response.end(BODY);
}
