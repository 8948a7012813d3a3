import { migrate, requireCurrentSchema } from '../../src/database/schema.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { restorePreviousSchema } from '../support/previous-schema.js';
import { schemaOf } from '../support/schema-of.js';
import { isServer } from '../support/server.js';

/** Lets the step with the number in `interruption.at` fail. A sequence also counts the steps that are rolled back. */
const INTERRUPTION = `
  CREATE SCHEMA interruption;
  CREATE SEQUENCE interruption.step;
  CREATE TABLE interruption.at AS SELECT 0::bigint AS step;
  CREATE FUNCTION interruption.of_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('interruption.step') = (SELECT step FROM interruption.at) THEN RAISE 'interrupted'; END IF;
      RETURN NULL;
    END $$;
  CREATE FUNCTION interruption.of_command() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('interruption.step') = (SELECT step FROM interruption.at) THEN RAISE 'interrupted'; END IF;
    END $$;
  CREATE TRIGGER interruption BEFORE INSERT ON migration EXECUTE FUNCTION interruption.of_row();
  CREATE TRIGGER interruption BEFORE UPDATE ON medic EXECUTE FUNCTION interruption.of_row();
  CREATE TRIGGER interruption BEFORE UPDATE ON api_token EXECUTE FUNCTION interruption.of_row();
  CREATE EVENT TRIGGER interruption ON ddl_command_start EXECUTE FUNCTION interruption.of_command()`;

const NO_INTERRUPTION = `
  DROP EVENT TRIGGER interruption;
  DROP TRIGGER interruption ON migration;
  DROP TRIGGER interruption ON medic;
  DROP TRIGGER interruption ON api_token;
  DROP SCHEMA interruption CASCADE`;

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

(isServer ? test : test.skip)(
  'a migration that is interrupted before any of its steps continues when repeated',
  async () => {
    const { dataSource } = database;
    dataSource.logger.logMigration = () => undefined;
    const current = await schemaOf(dataSource);
    await restorePreviousSchema(database);
    const client = await database.connect();
    await client.query(`INSERT INTO medic (name, email, email_key) VALUES ('M', 'E', 'E')`);
    await client.query(
      `INSERT INTO api_token (medic_id, label, digest, expires_at) VALUES (1, 'login', 'd', now() + interval '1 day')`,
    );
    await client.query(INTERRUPTION);
    let ran = 0;
    let interruptions = 0;
    // Interrupts a migration before its first step, then before its second, and so on.
    for (let at = 1; ; at += 1) {
      await client.query('UPDATE interruption.at SET step = $1', [at]);
      await client.query(`SELECT setval('interruption.step', 1, false)`);
      const result: unknown = await migrate(dataSource).catch((error: unknown) => error);
      if (!(result instanceof Error)) break;
      expect(result.message).toBe('interrupted');
      interruptions += 1;
      const { rows } = await client.query<{ count: number }>('SELECT count(*)::integer AS count FROM migration');
      // It has met the first step of the next migration already.
      if (rows[0]?.count !== ran) at = 1;
      ran = rows[0]?.count ?? 0;
    }
    await client.query(NO_INTERRUPTION);
    await client.end();
    expect(interruptions).toBeGreaterThan(100);
    expect(await schemaOf(dataSource)).toEqual(current);
    expect(await dataSource.query('SELECT root_id, is_login FROM medic JOIN api_token ON medic_id = medic.id')).toEqual(
      [{ root_id: 1, is_login: true }],
    );
    await requireCurrentSchema(dataSource);
  },
);
