import type { FastifyReply } from 'fastify';
import type { Statements } from '../database/statements.js';
import type { Companion } from '../database/transaction.js';
import type { Attempt } from './attempt.js';
import { IdempotencyKeyReused } from './retry-errors.js';

/** The response to a successful write. */
export interface Answer {
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/** The parts of a response that are stored. */
interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON text. */
  readonly body: string;
}

/** Ends a transaction whose request was already carried out. */
class AlreadyDone extends Error {
  constructor(readonly answer: StoredAnswer) {
    super('The request was already carried out.');
  }
}

/**
 * Carries out a write, or, if the request repeats one with the same `Idempotency-Key`, returns the response to that one.
 * The response is stored in the transaction of the write, so either both exist or neither. Only successes are stored.
 * @param attempt undefined if the request has no `Idempotency-Key`: then nothing is stored
 * @param write passes its argument to `inTransaction`
 * @returns the body to send
 * @throws RequestInProgress a request with the same key is running
 * @throws IdempotencyKeyReused the key belongs to another request
 */
export async function answerOnce<Result>(
  reply: FastifyReply,
  attempt: Attempt | undefined,
  write: (companion?: Companion<Result>) => Promise<Result>,
  toAnswer: (result: Result) => Answer,
): Promise<object> {
  if (attempt === undefined) {
    const { body, headers } = toAnswer(await write());
    reply.headers(headers);
    return body;
  }
  const companion = new ResponseCompanion(attempt, reply.statusCode, toAnswer);
  try {
    await write(companion);
    return send(reply, companion.answer);
  } catch (error) {
    if (!(error instanceof AlreadyDone)) throw error;
    reply.header('idempotent-replayed', 'true');
    return send(reply, error.answer);
  }
}

function send(reply: FastifyReply, { status, headers, body }: StoredAnswer): Buffer {
  reply.status(status).headers(headers).type('application/json; charset=utf-8');
  return Buffer.from(body);
}

/** Stores the response of one {@link Attempt} in the transaction of its write. */
class ResponseCompanion<Result> implements Companion<Result> {
  private stored: StoredAnswer | undefined;

  constructor(
    private readonly attempt: Attempt,
    private readonly status: number,
    private readonly toAnswer: (result: Result) => Answer,
  ) {}

  /** The response that was stored. */
  get answer(): StoredAnswer {
    if (this.stored === undefined) throw new Error('The write has not passed its companion to the transaction.');
    return this.stored;
  }

  /** The second statement sees what the last holder of the lock has committed. */
  async begin(on: Statements): Promise<void> {
    const { medicId, name, request } = this.attempt;
    const [, [earlier]] = await Promise.all([
      on.query(LOCK, [name.readBigInt64BE()]),
      on.query<EarlierAttempt>(FIND, [medicId, name]),
    ]);
    if (earlier === undefined) return;
    if (!request.equals(earlier.request)) throw new IdempotencyKeyReused();
    throw new AlreadyDone(JSON.parse(this.attempt.open(earlier.response)) as StoredAnswer);
  }

  end(on: Statements, result: Result): Promise<unknown> {
    const { medicId, name, request } = this.attempt;
    const { body, headers } = this.toAnswer(result);
    this.stored = { status: this.status, headers, body: JSON.stringify(body) };
    const response = this.attempt.seal(JSON.stringify(this.stored));
    return Promise.all([on.query(CLEAN, [medicId, name]), on.query(STORE, [medicId, name, request, response])]);
  }
}

interface EarlierAttempt {
  readonly request: Buffer;
  readonly response: Buffer;
}

/** Upper bound for the responses of one account, and for the rows that one request removes for either reason. */
const MOST_PER_ACCOUNT = 10_000;
const BATCH = 20;

/** SQL for a response that is not replayed anymore. */
export const EXPIRED = `created_at <= now() - interval '24 hours'`;

const LOCK = 'SELECT idempotent_response_lock($1)';

const FIND = `SELECT request, response FROM idempotent_response
  WHERE medic_id = $1 AND name = $2 AND NOT (${EXPIRED})`;

/**
 * Removes expired rows, and the oldest ones of the account, to make room for one. Rows that another transaction is
 * removing are skipped, so concurrent requests may exceed the bound until the next one.
 */
const CLEAN = `
  WITH expired AS MATERIALIZED (
      (SELECT medic_id, name FROM idempotent_response WHERE ${EXPIRED} ORDER BY created_at LIMIT ${String(BATCH)})
      UNION SELECT medic_id, name FROM idempotent_response WHERE medic_id = $1 AND name = $2 AND ${EXPIRED}),
    surplus AS MATERIALIZED (
      SELECT medic_id, name FROM idempotent_response WHERE medic_id = $1
      ORDER BY created_at DESC OFFSET ${String(MOST_PER_ACCOUNT - 1)} LIMIT ${String(BATCH)}),
    gone AS MATERIALIZED (
      SELECT r.medic_id, r.name FROM idempotent_response r
      WHERE (r.medic_id, r.name) IN (SELECT * FROM expired UNION ALL SELECT * FROM surplus)
      FOR UPDATE OF r SKIP LOCKED)
  DELETE FROM idempotent_response r USING gone WHERE r.medic_id = gone.medic_id AND r.name = gone.name`;

const STORE = 'INSERT INTO idempotent_response (medic_id, name, request, response) VALUES ($1, $2, $3, $4)';
