import { useService } from '../support/service.js';
import { checkSequences, TIMEOUT_MS } from './check.js';
import { WAITING_OPENING } from './opening.js';
import { play } from './play.js';
import { waitingCommand } from './waiting-commands.js';

const service = useService();

test(
  'for any sequence of requests about memberships that start later, the flag waits as in the model of the contract',
  () =>
    checkSequences({ length: 30, runsInCi: 60, drawn: waitingCommand }, (commands) =>
      play(service, commands, WAITING_OPENING),
    ),
  TIMEOUT_MS,
);
