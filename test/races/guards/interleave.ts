import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { empty } from '../../support/empty.js';
import { quieten } from '../../support/quiet.js';
import { isServer } from '../../support/server.js';
import { useService, type Service } from '../../support/service.js';
import type { Guard } from './guards.js';

/** Requests in an order that could break an invariant, its guards, and the outcome without them. */
export interface Interleaving<Scene, Answer, Outcome> {
  readonly given: () => Promise<Scene>;
  /** SQL of locks by which the test's own connection stops the requests at their writes, such as {@link atWrite}. */
  readonly stopped: (scene: Scene) => string[];
  /** Further locks, released after this many requests have been sent. */
  readonly atFirst?: { readonly stopped: (scene: Scene) => string[]; readonly requests: number };
  /**
   * Each is sent once the one before is stopped or answered; all are released after the last one.
   * @param other the test's own connection, whose transaction holds the locks
   */
  readonly requests: (scene: Scene, other: pg.Client) => (() => Promise<Answer>)[];
  /** @returns the observable result, in any order of the requests released together */
  readonly outcome: (scene: Scene, answers: Answer[]) => Promise<Outcome>;
  readonly guarded: Outcome;
  /** A guard, and the outcome without it, which must differ from `guarded`. */
  readonly withoutGuard: Breakage<Outcome> | Breakage<Outcome>[];
  /** Redundant guards: removing one of them alone changes nothing. */
  readonly spare?: Guard[];
  /** The guards without the fast store, if they differ: its statements have locks of their own. */
  readonly withoutFastStore?: Guards<Outcome>;
}

/** What protects an outcome. */
type Guards<Outcome> = Pick<Interleaving<never, never, Outcome>, 'withoutGuard' | 'spare'>;

/** The outcome without a guard. */
interface Breakage<Outcome> {
  readonly guard: Guard;
  readonly breaks: Outcome;
}

/** Declares the tests of an interleaving: with its guard, without it, and without each spare one. */
export type Interleave = <Scene, Answer, Outcome>(
  name: string,
  interleaving: Interleaving<Scene, Answer, Outcome>,
) => void;

const TABLES = ['medic', 'api_token', 'hospital', 'membership', 'service_account', 'webhook'];

/** Upper bounds, in milliseconds, for a request at the test's lock and for the wait until it gets there. */
const STATEMENT_TIMEOUT_MS = 60_000;
const PATIENCE_MS = 40_000;

/** Stops an INSERT or UPDATE of a table after all reads and before the first row is stored. */
export function atWrite(operation: 'INSERT' | 'UPDATE', table: string): string {
  return `SELECT pg_advisory_xact_lock(hashtext('BEFORE ${operation} ${table}'))`;
}

/** Stops an UPDATE of a table after its rows are updated, while it holds their locks. */
export function afterUpdate(table: string): string {
  return `SELECT pg_advisory_xact_lock(hashtext('AFTER UPDATE ${table}'))`;
}

/** Stops every write to one row. */
export function atRow(table: string, id: number): string {
  return `SELECT FROM ${table} WHERE id = ${String(id)} FOR UPDATE`;
}

/** A `describe` of interleavings, on a real PostgreSQL only, because the embedded database has one connection. */
export function interleavings(title: string, declare: (interleave: Interleave, service: Service) => void): void {
  (isServer ? describe : describe.skip)(title, () => {
    // On a busy machine the default limit would end a stopped request before the others have arrived.
    const service = useService({}, STATEMENT_TIMEOUT_MS);
    beforeAll(async () => {
      // The periodic write of key usage would wait for the test's lock and be counted as a request.
      await quieten(service);
      await service.dataSource.query(GATES);
    });
    declare((name, interleaving) => {
      declareTests(service, name, interleaving);
    }, service);
  });
}

function declareTests<S, A, O>(service: Service, name: string, interleaving: Interleaving<S, A, O>): void {
  const { guarded } = interleaving;
  const guards: Guards<O> = service.hasFastStore ? interleaving : (interleaving.withoutFastStore ?? interleaving);
  const { withoutGuard, spare = [] } = guards;
  const declareTest = (title: string, expected: O, result: () => Promise<O>) => {
    test(title, async () => {
      const logged = service.log.length;
      const outcome = await result();
      if (!isDeepStrictEqual(outcome, expected)) printWarnings(service.log.slice(logged));
      expect(outcome).toEqual(expected);
    });
  };
  declareTest(name, guarded, () => play(service, interleaving));
  for (const guard of spare)
    declareTest(`${name}, even without ${guard.name}`, guarded, () => playWithout(service, interleaving, guard));
  for (const { guard, breaks } of [withoutGuard].flat()) {
    if (isDeepStrictEqual(breaks, guarded)) throw new Error(`Without ${guard.name} nothing is to change.`);
    declareTest(`${name}, but not without ${guard.name}`, breaks, () => playWithout(service, interleaving, guard));
  }
}

/** Prints the service's warnings, to explain an unexpected outcome. */
function printWarnings(lines: readonly string[]): void {
  for (const line of lines) {
    const { level, status = 0 } = JSON.parse(line) as { level: number; status?: number };
    if (level >= 40 || status >= 500) process.stderr.write(`the service logged ${line}`);
  }
}

async function playWithout<S, A, O>(service: Service, interleaving: Interleaving<S, A, O>, guard: Guard): Promise<O> {
  const restore = await guard.remove(service.dataSource);
  try {
    return await play(service, interleaving);
  } finally {
    // Rows that violate a constraint would prevent its restoration.
    await empty(service.dataSource);
    await restore();
  }
}

async function play<S, A, O>(service: Service, interleaving: Interleaving<S, A, O>): Promise<O> {
  const scene = await interleaving.given();
  const other = await service.database.connect();
  try {
    await other.query('BEGIN');
    for (const lock of interleaving.stopped(scene)) await other.query(lock);
    await other.query('SAVEPOINT at_first');
    for (const lock of interleaving.atFirst?.stopped(scene) ?? []) await other.query(lock);
    const answers = await inOrder(service, other, interleaving.requests(scene, other), interleaving.atFirst?.requests);
    return await interleaving.outcome(scene, answers);
  } finally {
    await other.end();
  }
}

/** @param freed number of requests after which the locks after the savepoint are released */
async function inOrder<A>(
  service: Service,
  other: pg.Client,
  requests: (() => Promise<A>)[],
  freed?: number,
): Promise<A[]> {
  const pending = new Set<Promise<A>>();
  const sent: Promise<A>[] = [];
  for (const request of requests) {
    const answer = request().finally(() => pending.delete(answer));
    pending.add(answer);
    sent.push(answer);
    await stoppedOrAnswered(service, other, pending);
    if (sent.length === freed) {
      await other.query('ROLLBACK TO SAVEPOINT at_first');
      await stoppedOrAnswered(service, other, pending);
    }
  }
  await other.query('COMMIT');
  return Promise.all(sent);
}

/** Waits until each unanswered request waits for the test's connection, or for a request that does. */
async function stoppedOrAnswered(service: Service, other: pg.Client, pending: ReadonlySet<unknown>): Promise<void> {
  const { processID } = other as unknown as { processID: number };
  for (const startedAt = performance.now(); performance.now() - startedAt < PATIENCE_MS;) {
    const [row] = await service.dataSource.query<{ stopped: number }[]>(STOPPED, [processID]);
    if (row !== undefined && row.stopped >= pending.size) return;
    await sleep(10);
  }
  throw new Error(`${String(pending.size)} requests are neither answered nor stopped.`);
}

/** Counts the backends that wait for connection $1, directly or not; other waits for locks are not requests. */
const STOPPED = `
  WITH RECURSIVE waiting AS MATERIALIZED (
    SELECT pid, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND application_name = 'hospital-memberships' AND wait_event_type = 'Lock'),
  stopped AS (
    SELECT $1::integer AS pid UNION SELECT w.pid FROM waiting w JOIN stopped s ON s.pid = ANY (w.blockers))
  SELECT count(*)::integer - 1 AS stopped FROM stopped`;

/**
 * Writes pass gates, which close while the locks of {@link atWrite} and {@link afterUpdate} are held:
 * one before each row of an INSERT or UPDATE, because a statement can choose its rows by what it has
 * locked, and one after all rows of an UPDATE.
 */
const GATES = `
  CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(hashtext(concat_ws(' ', TG_WHEN, TG_OP, TG_TABLE_NAME)));
      RETURN NEW;
    END $$;
  ${TABLES.map(
    (table) => `
      CREATE TRIGGER insert_gate BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION gate();
      CREATE TRIGGER update_gate BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION gate();
      CREATE TRIGGER updated_gate AFTER UPDATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION gate();`,
  ).join('\n')}`;
