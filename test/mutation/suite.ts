import { bind } from 'jest-each';

/** A run to perform. */
export interface Command {
  /** Ids of the tests; null for all. */
  readonly only: readonly string[] | null;
  /** Records coverage per test and runs all of them; otherwise the run stops at the first failure. */
  readonly coverage: boolean;
}

/** Result of one test; `error` is null if it passed. */
export interface TestOutcome {
  readonly id: string;
  readonly file: string;
  readonly milliseconds: number;
  readonly error: string | null;
}

/** Result of a run. */
export interface Outcome {
  readonly tests: TestOutcome[];
  /** True if something did not end, so the loaded modules must not be used again. */
  readonly isDirty: boolean;
}

/** The Stryker context of instrumented code. */
interface Instrumented {
  currentTestId?: string | undefined;
  mutantCoverage?: { perTest: Record<string, Record<string, number>> };
}

type Body = () => unknown;
type Hook = 'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll';

interface Block {
  readonly name: string;
  readonly path: readonly Block[];
  readonly isSkipped: boolean;
  readonly hooks: Record<Hook, Body[]>;
}

interface Case {
  readonly id: string;
  readonly file: string;
  readonly path: readonly Block[];
  readonly body: Body;
}

const TEST_LIMIT_MS = 20_000;

/**
 * Collects tests as Jest does and runs them repeatedly without reloading modules. It supports the parts of
 * Jest that these tests use: blocks, hooks, `each` and `skip`.
 */
export class Suite {
  private readonly cases: Case[] = [];
  private path: readonly Block[] = [];
  private file = '';
  private isDirty = false;

  /** @param uncaught receives uncaught errors; they fail the current test */
  constructor(private readonly uncaught: unknown[]) {}

  /** Collects the tests of a file by calling `load`. */
  load(file: string, load: () => void): void {
    this.file = file;
    const block = (isSkipped: boolean) => (name: string, body: Body) => {
      this.block(name, isSkipped, body);
    };
    const test = (isSkipped: boolean) => (name: string, body: Body) => {
      this.add(name, isSkipped, body);
    };
    const hooks = (['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] as const).map((hook) => [
      hook,
      (body: Body) => this.path.at(-1)?.hooks[hook].push(body),
    ]);
    Object.assign(globalThis, Object.fromEntries(hooks), {
      describe: withVariants(block),
      test: withVariants(test),
    });
    this.block(file, false, load);
  }

  /** Runs tests and their hooks in file order. */
  async run({ only, coverage }: Command): Promise<Outcome> {
    const wanted = only === null ? null : new Set(only);
    const tests: TestOutcome[] = [];
    this.isDirty = false;
    let path: readonly Block[] = [];
    for (const candidate of this.cases.filter(({ id }) => wanted?.has(id) ?? true)) {
      const started = performance.now();
      const error = await this.failureOf(async () => {
        await this.move(path, candidate.path);
        path = candidate.path;
        await this.runOne(candidate);
      });
      tests.push({ id: candidate.id, file: candidate.file, milliseconds: performance.now() - started, error });
      if (error !== null && !coverage) break;
    }
    if ((await this.failureOf(() => this.move(path, []))) !== null) this.isDirty = true;
    if (coverage) this.spreadHookCoverage();
    return { tests, isDirty: this.isDirty };
  }

  private block(name: string, isSkipped: boolean, body: Body): void {
    const outer = this.path;
    const hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
    const block = { name, isSkipped: isSkipped || outer.at(-1)?.isSkipped === true, hooks };
    const inner: Block[] = [...outer];
    inner.push({ ...block, path: inner });
    this.path = inner;
    body();
    this.path = outer;
  }

  private add(name: string, isSkipped: boolean, body: Body): void {
    if (isSkipped || this.path.at(-1)?.isSkipped === true) return;
    const id = [...this.path.map((block) => block.name), name].join(' ');
    this.cases.push({ id, file: this.file, path: this.path, body });
  }

  /** Leaves the blocks that do not contain the next test and enters those that do. */
  private async move(from: readonly Block[], to: readonly Block[]): Promise<void> {
    for (const block of from.filter((left) => !to.includes(left)).reverse()) {
      for (const hook of block.hooks.afterAll) await this.inHook(block, hook);
    }
    for (const block of to.filter((entered) => !from.includes(entered))) {
      for (const hook of block.hooks.beforeAll) await this.inHook(block, hook);
    }
  }

  private async runOne({ id, path, body }: Case): Promise<void> {
    instrumented().currentTestId = id;
    const hooksOf = (hook: Hook) => path.flatMap((block) => block.hooks[hook]);
    try {
      for (const hook of hooksOf('beforeEach')) await this.inTime(hook);
      await this.inTime(body);
    } finally {
      for (const hook of hooksOf('afterEach').reverse()) await this.inTime(hook);
      instrumented().currentTestId = undefined;
    }
  }

  private async inHook(block: Block, hook: Body): Promise<void> {
    instrumented().currentTestId = hookIdOf(block);
    await this.inTime(hook).finally(() => (instrumented().currentTestId = undefined));
  }

  private async inTime(body: Body): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = realSetTimeout(() => {
        this.isDirty = true;
        reject(new Error(`Exceeded timeout of ${String(TEST_LIMIT_MS)} ms`));
      }, TEST_LIMIT_MS);
    });
    await Promise.race([Promise.resolve().then(body), late]).finally(() => {
      clearTimeout(timer);
    });
  }

  private async failureOf(work: () => Promise<void>): Promise<string | null> {
    try {
      this.uncaught.length = 0;
      await work();
      if (this.uncaught.length > 0) throw this.uncaught[0];
      return null;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }

  /** Coverage of a hook counts for each test of its block. */
  private spreadHookCoverage(): void {
    const perTest = instrumented().mutantCoverage?.perTest ?? {};
    for (const { id, path } of this.cases) {
      for (const block of path) {
        for (const [mutant, hits] of Object.entries(perTest[hookIdOf(block)] ?? {})) {
          const covered = (perTest[id] ??= {});
          covered[mutant] = (covered[mutant] ?? 0) + hits;
        }
      }
    }
    for (const id of Object.keys(perTest)) if (id.startsWith(HOOKS)) Reflect.deleteProperty(perTest, id);
  }
}

const HOOKS = 'hooks of ';
const realSetTimeout = setTimeout;

function hookIdOf({ path }: Block): string {
  return HOOKS + path.map(({ name }) => name).join(' ');
}

function instrumented(): Instrumented {
  const scope = globalThis as unknown as { __stryker__?: Instrumented };
  return (scope.__stryker__ ??= {});
}

/** @returns `describe` or `test` with Jest's variants */
function withVariants(make: (isSkipped: boolean) => (name: string, body: Body) => void) {
  const variant = (isSkipped: boolean) => Object.assign(make(isSkipped), { each: bind(make(isSkipped), false) });
  return Object.assign(variant(false), { skip: variant(true) });
}
