import { TestEnvironment } from 'jest-environment-node';
import { session } from './session-state.js';

/** Gives the session's test its channel to the runner, and instrumented code its Stryker context. */
export default class SessionEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    this.global.__stryker__ = session.context;
    this.global.mutationChannel = session.channel;
    // Nest exits if it cannot start; here that only fails the test.
    this.global.process.exit = () => {
      throw new Error('The process would have ended.');
    };
  }

  /** An uncaught error fails the current test, as in Jest. */
  handleTestEvent(event) {
    if (event.name === 'error') session.channel.uncaught.push(event.error);
  }
}
