import pg from 'pg';
import type { DataSource } from 'typeorm';

/** Something that keeps an invariant, and that a test takes away to see the invariant break. */
export interface Guard {
  readonly name: string;
  /** Takes it away. @returns what puts it back, and fails where the guard was not met */
  readonly remove: (dataSource: DataSource) => Promise<() => Promise<void>>;
}

/** A clause of the SQL that the service sends, and what stands there without the guard. */
type Edit = readonly [clause: RegExp, without: string];

/** What is sent: text, or a statement that has been prepared by its name. */
type Sent = string | (pg.Query & { text: string; name?: string | undefined });

type Query = (this: pg.Client, statement: Sent, ...rest: unknown[]) => unknown;

/** A guard in the SQL of the service: it is taken out of each statement on its way to the database. */
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
      // Under its name the statement is prepared with the guard.
      return query.call(this, Object.assign(statement, { text: edited, name: undefined }));
    };
    return Promise.resolve(() => {
      client.query = query;
      return met > 0 ? Promise.resolve() : Promise.reject(new Error(`No statement had the guard "${name}".`));
    });
  };
  return { name, remove };
}

/** A guard in the schema: it is dropped, and made again from its own definition. */
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

/** @returns guards as one, which is away only where all of them are */
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

/** The writers of a hospital's memberships, and of the hospital, come one after another. */
export const HOSPITAL_LOCK = inSql(
  'the lock of the hospital',
  [/FOR NO KEY UPDATE OF h, m/, 'FOR NO KEY UPDATE OF m'],
  [/(FROM hospital WHERE id = \$1) FOR NO KEY UPDATE/, '$1'],
);

/** The writers of a medic's memberships and tokens come one after another. */
export const MEDIC_LOCK = inSql(
  'the lock of the medic',
  [/FOR NO KEY UPDATE OF h, m/, 'FOR NO KEY UPDATE OF h'],
  [/(FOR SHARE OF h) FOR NO KEY UPDATE OF m/, '$1'],
  [/(FROM medic WHERE id = \$1) FOR NO KEY UPDATE/, '$1'],
);

/** A hospital that was left alone, because nobody concerned had a right there, is not written to. */
export const LEFT_ALONE = inSql('the look whether the hospital is locked', [
  /(THEN \(SELECT true FROM hospital WHERE id = \$1 FOR NO KEY UPDATE\)) END/,
  '$1 ELSE true END',
]);

/** Whoever changes the type of another's membership has an active account until that is stored. */
export const ACTING_CALLER = inSql('the condition that the caller can act', [
  /(acting\.id = r\.medic_id) AND acting\.is_active/,
  '$1',
]);
export const ACTING_LOCK = inSql("the lock of the caller's account", [/FOR SHARE OF acting, r/, 'FOR SHARE OF r']);

/** Only ADMINs whose accounts are active count as others. */
export const OTHERS_CAN_ACT = inSql('the condition that the other ADMIN can act', [
  /(acting\.id = o\.medic_id) AND acting\.is_active/,
  '$1',
]);

/** A hospital that a medic chooses stays active until that is stored. */
export const ACTIVITY_LOCK = inSql("the lock of the hospital's activity", [/FOR SHARE OF h ?/, '']);

/** The right that a write is authorised by stays until the write is stored. */
export const RIGHT_LOCK = inSql("the lock of the caller's right", [/FOR SHARE( OF (acting, )?r)?(?! OF h)/, '']);

/** A key is rotated only while it is live, which the statement that stores its successor asks again. */
export const LIVE_WHEN_ROTATED = inSql('the condition that the old key is live', [
  /(FROM api_token WHERE id = \$1) AND \(.*\) RETURNING/,
  '$1 RETURNING',
]);

/** A key works only while it is live. */
export const LIVE_WHEN_USED = inSql('the condition that the key in use is live', [
  /(WHERE t\.digest = \$1) AND \(.*\) AND caller\.is_active/,
  '$1 AND caller.is_active',
]);

export const ONE_PER_PAIR = constraint('membership', 'membership_one_per_medic_and_hospital');
export const ONE_ACTIVE = index('membership_one_active_per_medic');
export const EMAIL_UNIQUE = constraint('medic', 'medic_email_unique');
