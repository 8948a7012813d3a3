import { TestEnvironment } from 'jest-environment-node';
import { session } from './session-state.js';

/** Hands the session's test what it talks to the runner with, and instrumented code what it reads. */
export default class SessionEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    this.global.__stryker__ = session.context;
    this.global.mutationChannel = session.channel;
    // Nest ends the process where it cannot start; here that only fails the test.
    this.global.process.exit = () => {
      throw new Error('The process would have ended.');
    };
  }

  /** What nobody caught fails the test that is under way, as with Jest. */
  handleTestEvent(event) {
    if (event.name === 'error') session.channel.uncaught.push(event.error);
  }
}
