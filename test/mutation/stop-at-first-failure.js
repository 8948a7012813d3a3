import { TestEnvironment } from 'jest-environment-node';

/** Skips what is left once a test has failed: the mutant is found, and Jest itself stops between files only. */
export default class StopAtFirstFailure extends TestEnvironment {
  #failed = false;

  handleTestEvent(event) {
    if (event.name === 'hook_failure' || event.name === 'test_fn_failure') this.#failed = true;
    if (!this.#failed) return;
    if (event.name === 'run_describe_start') event.describeBlock.mode = 'skip';
    if (event.name === 'test_start') event.test.mode = 'skip';
  }
}
