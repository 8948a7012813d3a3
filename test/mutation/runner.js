import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { runCLI } from 'jest';
import { session } from './session-state.js';

/**
 * Tests mutants in one long Jest run. The application is loaded once; only a mutant of code that runs at
 * load time loads it again. `session.ts` is the other end.
 */
export class SessionRunner {
  #run = null;
  #isStale = false;
  #commands = [];
  #waiting = null;
  #answer = null;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    session.context = {};
    const { tests } = await this.#ask({ only: null, coverage: true });
    return { status: DryRunStatus.Complete, tests, mutantCoverage: session.context.mutantCoverage };
  }

  async mutantRun(options) {
    if (options.reloadEnvironment || this.#isStale) await this.dispose();
    const isFresh = this.#run === null;
    const result = await this.#try(options);
    if (isFresh || result.status !== MutantRunStatus.Survived) return result;
    // A value computed before the mutant was activated could hide it.
    await this.dispose();
    return this.#try(options);
  }

  async #try({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail }) {
    const counts = { hitLimit, hitCount: hitLimit === undefined ? undefined : 0 };
    if (this.#run === null) session.context = {};
    if (mutantActivation === 'static') this.#isStale = true;
    else if (this.#run === null) await this.#ask({ only: [], coverage: false });
    Object.assign(session.context, counts, { activeMutant: activeMutant.id });
    try {
      const result = await this.#ask({ only: testFilter ?? null, coverage: false });
      const isEndless = determineHitLimitReached(session.context.hitCount, hitLimit);
      return toMutantRunResult(isEndless ?? { status: DryRunStatus.Complete, ...result }, disableBail);
    } catch (error) {
      return toMutantRunResult({ status: DryRunStatus.Error, errorMessage: String(error.stack) });
    } finally {
      session.context.activeMutant = undefined;
    }
  }

  /** Ends the session; the next run starts a new one. */
  async dispose() {
    this.#commands.push(null);
    this.#waiting?.();
    await this.#run?.catch(() => undefined);
    this.#commands = [];
    this.#run = null;
    this.#isStale = false;
  }

  async #ask(command) {
    this.#run ??= this.#start();
    const answer = new Promise((resolve) => (this.#answer = resolve));
    this.#commands.push(command);
    this.#waiting?.();
    const { tests, isDirty } = await Promise.race([answer, this.#run]);
    if (isDirty) this.#isStale = true;
    return { tests: tests.map(toTestResult) };
  }

  async #start() {
    process.env.NODE_ENV = 'test';
    session.channel = {
      uncaught: [],
      next: async () => {
        if (this.#commands.length === 0) await new Promise((resolve) => (this.#waiting = resolve));
        return this.#commands.shift();
      },
      answer: (outcome) => this.#answer(outcome),
    };
    const options = { config: 'config/jest.mutation.config.js', runInBand: true, silent: true, reporters: [] };
    const { results } = await runCLI({ $0: 'stryker', _: [], ...options }, [process.cwd()]);
    throw new Error(`The session ended: ${results.testResults.map((result) => result.failureMessage).join('\n')}`);
  }
}

function toTestResult({ id, file, milliseconds, error }) {
  const test = { id, name: id, fileName: `test/${file}`, timeSpentMs: milliseconds };
  if (error === null) return { ...test, status: TestStatus.Success };
  return { ...test, status: TestStatus.Failed, failureMessage: error };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'session', SessionRunner)];
