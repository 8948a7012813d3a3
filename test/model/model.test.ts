import { useService } from '../support/service.js';
import { checkSequences, TIMEOUT_MS } from './check.js';
import { play } from './play.js';

const service = useService();

test(
  'for any sequence of requests, the service responds and stores exactly as the model of the contract',
  () => checkSequences({ length: 50, runsInCi: 200 }, (commands) => play(service, commands)),
  TIMEOUT_MS,
);
