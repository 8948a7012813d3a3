import pg from 'pg';
import type { DataSource } from 'typeorm';

/** An invariant's guard, which a test removes to see the invariant break. */
export interface Guard {
  readonly name: string;
  /** Removes it. @returns the function that restores it, and fails if no statement contained the guard */
  readonly remove: (dataSource: DataSource) => Promise<() => Promise<void>>;
}

/** A regular expression for a clause of the service's SQL, and its replacement without the guard. */
type Edit = readonly [clause: RegExp, without: string];

/** A statement as text, or as a query, which may be prepared under a name. */
type Sent = string | (pg.Submittable & { text: string; values: unknown[]; callback: unknown });

type Query = (this: pg.Client, statement: Sent, ...rest: unknown[]) => unknown;

/** @returns a guard in the service's SQL, which is edited out of every statement that is sent */
function inSql(name: string, ...edits: Edit[]): Guard {
  const remove = () => {
    const client = pg.Client.prototype as unknown as Record<'query', Query>;
    const { query } = client;
    let met = 0;
    client.query = function (this: pg.Client, statement, ...rest) {
      const text = typeof statement === 'string' ? statement : statement.text;
      const edited = edits.reduce((sql, [clause, without]) => sql.replace(clause, without), text);
      if (edited === text) return query.call(this, statement, ...rest);
      met += 1;
      if (typeof statement === 'string') return query.call(this, edited, ...rest);
      // Without a name, because the prepared statement of that name contains the guard.
      const { values, callback } = statement;
      return query.call(
        this,
        Object.assign(new pg.Query(edited, values) as pg.Submittable, { text: edited, values, callback }),
      );
    };
    return Promise.resolve(() => {
      client.query = query;
      return met > 0 ? Promise.resolve() : Promise.reject(new Error(`No statement had the guard "${name}".`));
    });
  };
  return { name, remove };
}

/** @returns a guard in the schema, which is dropped, and restored from its own definition */
function inSchema(name: string, definition: string, drop: string, make: (definition: string) => string): Guard {
  const remove = async (dataSource: DataSource) => {
    const [row] = await dataSource.query<{ definition: string }[]>(`SELECT ${definition} AS definition`);
    await dataSource.query(drop);
    return async () => {
      await dataSource.query(make(row?.definition ?? ''));
    };
  };
  return { name, remove };
}

function constraint(table: string, name: string): Guard {
  const oid = `(SELECT oid FROM pg_constraint WHERE conname = '${name}')`;
  const change = `ALTER TABLE ${table}`;
  return inSchema(
    `the constraint ${name}`,
    `pg_get_constraintdef(${oid})`,
    `${change} DROP CONSTRAINT ${name}`,
    (definition) => `${change} ADD CONSTRAINT ${name} ${definition}`,
  );
}

function index(name: string): Guard {
  const drop = `DROP INDEX ${name}`;
  return inSchema(`the index ${name}`, `pg_get_indexdef('${name}'::regclass)`, drop, (definition) => definition);
}

/** @returns one guard that removes all of these */
export function all(...guards: Guard[]): Guard {
  const remove = async (dataSource: DataSource) => {
    const restores: (() => Promise<void>)[] = [];
    for (const guard of guards) restores.unshift(await guard.remove(dataSource));
    return async () => {
      const results = await Promise.allSettled(restores.map((restore) => restore()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    };
  };
  return { name: guards.map(({ name }) => name).join(' and '), remove };
}

/** Serializes the writers of a hospital and of its memberships. */
export const HOSPITAL_LOCK = inSql(
  'the lock of the hospital',
  [/FOR NO KEY UPDATE OF h, m/, 'FOR NO KEY UPDATE OF m'],
  [/(FROM "?hospital"? .*= \$1) FOR NO KEY UPDATE/, '$1'],
);

/** Serializes the writers of a medic's memberships and tokens. */
export const MEDIC_LOCK = inSql(
  'the lock of the medic',
  [/FOR NO KEY UPDATE OF h, m/, 'FOR NO KEY UPDATE OF h'],
  [/(FOR SHARE OF h) FOR NO KEY UPDATE OF m/, '$1'],
  [/(FROM "?medic"? .*= \$\d( AND is_active)?) FOR NO KEY UPDATE/, '$1'],
  [/(email_key = ANY \(\$2::text\[\]\) ORDER BY id) FOR NO KEY UPDATE/, '$1'],
);

/** Serializes the writers of a membership: either of its two locks is enough for that. */
export const PAIR_LOCK = inSql('the locks of the hospital and the medic', [/FOR NO KEY UPDATE OF h, m/, '']);

/** Prevents a write to a hospital whose lock was skipped because nobody involved had a right there. */
export const LEFT_ALONE = inSql('the check that the hospital is locked', [
  /(THEN \(SELECT true FROM hospital WHERE id = \$1 FOR NO KEY UPDATE\)) END/,
  '$1 ELSE true END',
]);

/** A caller who changes another's membership type keeps an active account until the change is stored. */
export const ACTING_CALLER = inSql('the condition that the caller can act', [
  /(acting\.id = r\.medic_id) AND acting\.is_active/,
  '$1',
]);
export const ACTING_LOCK = inSql("the lock of the caller's account", [/FOR SHARE OF acting, r/, 'FOR SHARE OF r']);

/** A caller's account is locked, and stays active until what it asked for is stored. */
export const ACCOUNT_LOCK = inSql("the lock of the caller's account", [
  /(FROM medic WHERE id = \$1 AND is_active) FOR NO KEY UPDATE/,
  '$1',
]);
export const ACCOUNT_ACTIVE = inSql("the condition that the caller's account is active", [
  /(FROM medic WHERE id = \$1) AND is_active (FOR NO KEY UPDATE)/,
  '$1 $2',
]);

/** A log-in issues a key only while the password that it has verified is valid, and the account active. */
export const PASSWORD_VERIFIED = inSql('the condition that the password is the verified one', [
  /AND password_hash = \$2 (FOR NO KEY UPDATE)/,
  'AND $2::text IS NOT NULL $1',
]);
export const LOGIN_ACTIVE = inSql('the condition that the account is active when it logs in', [
  /AND is_active (AND password_hash = \$2 FOR NO KEY UPDATE)/,
  '$1',
]);

/** The lock of a medic that acts on itself also tells whether its account is active. */
export const OWN_ACCOUNT_ACTIVE = inSql("the look at the activity of the caller's own row", [
  /("medic"\."is_active"|m\.is_active) AS "isActive"(?=.*FOR NO KEY UPDATE)/s,
  'true AS "isActive"',
]);

/** Only ADMINs with active accounts count as others. */
export const OTHERS_CAN_ACT = inSql('the condition that the other ADMIN can act', [
  /(acting\.id = o\.medic_id) AND acting\.is_active/,
  '$1',
]);

/** Only ADMINs without an end count as others: no clock can take them away. */
export const OTHERS_STAY = inSql('the condition that the other ADMIN has no end', [
  /AND o\.valid_until IS NULL\)/,
  ')',
]);

/** A chosen hospital stays active until the choice is stored. */
export const ACTIVITY_LOCK = inSql("the lock of the hospital's activity", [/FOR SHARE OF h ?/, '']);

/** The right that authorizes a write stays until the write is stored. */
export const RIGHT_LOCK = inSql("the lock of the caller's right", [/FOR SHARE( OF (acting, )?r)?(?! OF h)/, '']);

/** A right that ends while its holder waits for locks is not used. */
export const STILL_IN_FORCE = inSql('the second look at the end of the right', [/(\) held)\s+WHERE \(held\..*$/, '$1']);

/** A statement that follows a lock reads a clock that is younger than the lock. */
export const RIGHTS_CLOCK_AFTER_LOCK = inSql('the clock of the statement in the questions about rights', [
  /statement_timestamp\(\)/g,
  'now()',
]);

/** A key is rotated only while it is live; the statement that stores the successor checks again. */
export const LIVE_WHEN_ROTATED = inSql('the condition that the old key is live', [
  /(FROM api_token WHERE id = \$1) AND \(.*\) RETURNING/,
  '$1 RETURNING',
]);

/** Whether a key is live is asked of a clock that is younger than the lock of its medic. */
export const CLOCK_AFTER_LOCK = inSql('the clock of the statement in the question whether the key is live', [
  /(FROM api_token WHERE id = \$1 AND .*expires_at > )statement_timestamp\(\)/,
  '$1now()',
]);

/** A key works only while it is live. */
export const LIVE_WHEN_USED = inSql('the condition that the key in use is live', [
  /(WHERE t\.digest = \$1) AND \(.*\) AND caller\.is_active/,
  '$1 AND caller.is_active',
]);

/** The key of a service account works only while the account is not revoked. */
export const SERVICE_NOT_REVOKED = inSql('the condition that the service account is not revoked', [
  /AND a\.revoked_at IS NULL AND/,
  'AND',
]);

/** The key of a service account is rotated only while the account is not revoked. */
export const SERVICE_ROTATED_UNREVOKED = inSql('the condition that the rotated service account is not revoked', [
  /(WHERE name = \$2) AND revoked_at IS NULL/,
  '$1',
]);

/** Requests with the same Idempotency-Key are carried out one after another. */
export const IDEMPOTENCY_LOCK = inSql('the lock of the Idempotency-Key', [
  /SELECT idempotent_response_lock\(\$1\)/,
  'SELECT $1::bigint',
]);

export const ONE_RESPONSE_PER_KEY = constraint('idempotent_response', 'idempotent_response_pkey');
/** The position of a webhook is moved only by the process that holds its lease. */
export const WEBHOOK_LEASE_HELD = inSql('the condition that the process holds the lease of the webhook', [
  /w\.id = \$1 AND w\.lease = \$2/,
  'w.id = $1 AND $2::uuid IS NOT NULL',
]);

/** A webhook whose lease has not run out is not claimed again. */
export const WEBHOOK_LEASE_FREE = inSql('the condition that nobody holds the lease of the webhook', [
  /AND \(w\.lease IS NULL OR w\.leased_until <= clock_timestamp\(\)\)/,
  '',
]);

/** A webhook that is being claimed is not claimed again. */
export const WEBHOOK_SKIPPED = inSql('SKIP LOCKED in the claim of a webhook', [/SKIP LOCKED/, '']);

export const ONE_PER_PAIR = constraint('membership', 'membership_one_per_medic_and_hospital');
export const ONE_ACTIVE = index('membership_one_active_per_medic');
export const EMAIL_UNIQUE = constraint('medic', 'medic_email_unique');
