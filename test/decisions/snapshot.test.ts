import type { Client } from 'pg';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { until } from '../support/until.js';
import { answersTo, question } from './decisions.js';

const service = useService();

/** The lock that stops a statement which asks for the time. */
const LOCK = 4711;

/** Makes every later session wait for {@link LOCK} when it reads the clock, after its statement took a snapshot. */
async function stopTheClock(client: Client): Promise<void> {
  await client.query(`CREATE SCHEMA stopped;
    CREATE FUNCTION stopped.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        IF current_query() ~ 'ORDINALITY asked' THEN
          PERFORM pg_advisory_lock_shared(${String(LOCK)});
          PERFORM pg_advisory_unlock_shared(${String(LOCK)});
        END IF;
        RETURN pg_catalog.clock_timestamp();
      END $$;`);
  await client.query(`ALTER DATABASE ${client.database ?? ''} SET search_path = stopped, pg_catalog, public`);
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [client.database],
  );
}

// The embedded database has one connection.
(isServer ? test : test.skip)(
  'a batch sees one snapshot: a move that is committed while it is decided is in all of its decisions or in none',
  async () => {
    const asker = await givenService(service, 'decision:check');
    const { member, membership, hospital } = await service.given.hospital();
    const other = await service.given.emptyHospital();
    const target = await service.given.membership(member, other, { isDeleted: true });
    const evaluations = Array.from({ length: 1000 }, (_, index) =>
      question(member.id, index % 2 === 0 ? hospital : other),
    );
    const ask = async () => {
      const answers = await answersTo(asker, { evaluations }, { concurrent: true });
      return [...new Set(answers.map(({ decision }, index) => `${String(index % 2 === 0)} ${String(decision)}`))];
    };
    const client = await service.database.connect();
    try {
      await stopTheClock(client);
      await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
      const during = ask();
      await until(async () => {
        const { rowCount } = await client.query(
          `SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'advisory' AND query ~ 'ORDINALITY asked'`,
          [client.database],
        );
        return rowCount === 0 ? undefined : true;
      });
      await client.query('UPDATE membership SET is_deleted = NOT is_deleted WHERE id = ANY ($1)', [
        [membership, target],
      ]);
      await client.query('SELECT pg_advisory_unlock($1)', [LOCK]);
      expect(await during).toEqual(['true true', 'false false']);
      expect(await ask()).toEqual(['true false', 'false true']);
    } finally {
      await client.end();
    }
  },
);
