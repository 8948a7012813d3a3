/** Programs of the scripts that test with containers: they end with "skipped" if the machine cannot do it. */
import { spawnSync } from 'node:child_process';

/** Signs that a registry cannot be reached, as opposed to a failing build. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH/;
/** Signs that the engine itself may not run here, for example inside another container. */
const FORBIDDEN = /OCI runtime|OCI permission|Operation not permitted/;

/** The machine, not the product, is the reason why a test ends. */
export class Skipped extends Error {}

/** Prints a line. */
export function print(line) {
  process.stdout.write(`${line}\n`);
}

/** Runs programs until a time is over. */
export class Programs {
  /** Further environment variables of the programs. */
  variables = {};
  /** The output of the last program, its errors included. */
  output = '';
  #began = Date.now();

  /** @param minutes the time after which the rest is skipped */
  constructor(minutes) {
    this.limit = minutes * 60_000;
  }

  /**
   * Runs a program.
   * @param options.limit its time, in milliseconds; if it is over, the program has failed
   * @returns its output, or undefined if it fails
   * @throws Skipped the time of all programs is over
   */
  attempt(program, args, { limit = this.limit } = {}) {
    const timeout = Math.min(limit, this.limit - (Date.now() - this.#began));
    if (timeout <= 0) throw new Skipped(`it took more than ${this.limit / 60_000} minutes`);
    const env = { ...process.env, ...this.variables };
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      timeout,
      maxBuffer: 2 ** 26,
      env,
    });
    if (error?.code === 'ETIMEDOUT' && limit === this.limit) throw new Skipped(`${program} took too long`);
    this.output = `${stdout ?? ''}${stderr ?? ''}`;
    return status === 0 ? stdout.trim() : undefined;
  }

  /**
   * Runs a program that must succeed.
   * @returns its output
   * @throws Skipped it fails because of this machine
   * @throws Error it fails for another reason
   */
  run(program, ...args) {
    const output = this.attempt(program, args);
    if (output !== undefined) return output;
    if (UNREACHABLE.test(this.output)) throw new Skipped('a registry cannot be reached');
    if (FORBIDDEN.test(this.output)) throw new Skipped(`${program} cannot start a container here`);
    throw new Error(`${program} ${args.join(' ')} failed:\n${this.output.slice(-3000)}`);
  }
}

/** Runs a preparation whose failure says nothing about the product. @throws Skipped it fails */
export function prepare(work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof Skipped ? error : new Skipped(error.message.trim().split('\n').at(-1));
  }
}

/** Runs a test, and prints why if it is skipped. */
export async function report(test) {
  try {
    await test();
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    print(`skipped: ${error.message}`);
  }
}
