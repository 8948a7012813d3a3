import type { DataSource } from 'typeorm';
import { runCli } from '../../src/cli/run-cli.js';
import { readEnvironment } from '../../src/config/environment.js';
import { openDatabase } from '../../src/database/open-database.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const SIZE = ['--hospitals', '40', '--medics', '300', '--memberships', '900'];

/** Counts of a seeded database. */
interface Summary {
  readonly counts: { hospitals: number; medics: number; memberships: number };
  readonly text: string;
}

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
});
afterEach(() => database.drop());

async function seed(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: '', err: '' };
  const code = await runCli(['seed', ...args], database.variables, {
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
    read: () => Promise.resolve(''),
  });
  return { code, ...printed };
}

async function onDatabase<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await (await openDatabase(readEnvironment(database.variables))).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

const summary = () =>
  onDatabase(async (dataSource): Promise<Summary> => {
    const [counts] = await dataSource.query<[Summary['counts']]>(
      `SELECT (SELECT count(*)::integer FROM hospital) AS hospitals, (SELECT count(*)::integer FROM medic) AS medics,
         (SELECT count(*)::integer FROM membership) AS memberships`,
    );
    const rows = await dataSource.query<unknown[]>(
      `SELECT m.name, m.email, h.name AS hospital, s.type, s.is_active FROM membership s
       JOIN medic m ON m.id = s.medic_id JOIN hospital h ON h.id = s.hospital_id ORDER BY m.email, h.name`,
    );
    return { counts, text: JSON.stringify(rows) };
  });

describe('seed', () => {
  test('seed stores exactly the requested counts, shows progress, and prints the token of an ADMIN', async () => {
    const { code, out, err } = await seed(...SIZE);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^hmk_\w{39}\n$/) });
    expect(err).toContain('membership: 900 of 900');
    const { counts, text } = await summary();
    expect(counts).toEqual({ hospitals: 40, medics: 300, memberships: 900 });
    expect(text).toMatch(/[áéíóúñü]/);
  });

  test('seed keeps the rules: 1 to 8 memberships per medic, one of them active, and an ADMIN per hospital', async () => {
    await seed(...SIZE);
    const [row] = await onDatabase((dataSource) =>
      dataSource.query<unknown[]>(
        `SELECT min(count)::integer AS least, max(count)::integer AS most, min(active)::integer AS active,
           (SELECT count(*)::integer FROM hospital h WHERE NOT EXISTS (
              SELECT FROM membership s WHERE s.hospital_id = h.id AND s.type = 'ADMIN')) AS "withoutAdmin"
         FROM (SELECT count(*), count(*) FILTER (WHERE is_active) AS active FROM membership GROUP BY medic_id) g`,
      ),
    );
    expect(row).toMatchObject({ active: 1, withoutAdmin: 0 });
    expect((row as { least: number }).least).toBeGreaterThanOrEqual(1);
    expect((row as { most: number }).most).toBeLessThanOrEqual(8);
  });

  test('seed makes the same data for the same number, and different data for another', async () => {
    await seed(...SIZE, '--seed', '7');
    const first = await summary();
    await database.drop();
    database = await createTestDatabase();
    await database.dataSource.destroy();
    await seed(...SIZE, '--seed', '7');
    expect((await summary()).text).toBe(first.text);
    await seed(...SIZE, '--seed', '8');
    const both = await summary();
    expect(both.counts.memberships).toBe(1800);
    expect(both.text).not.toBe(first.text + first.text);
  });

  test('seed --json prints the id of the ADMIN and the token', async () => {
    const { out } = await seed(...SIZE, '--json');
    expect(JSON.parse(out)).toEqual({ medic: expect.any(Number), token: expect.stringMatching(/^hmk_/) });
  });

  test('seed refuses contradictory numbers before anything is stored', async () => {
    const { code, err } = await seed('--hospitals', '2', '--medics', '10', '--memberships', '50');
    expect(code).toBe(1);
    expect(err).toMatch(/--memberships must be from 10 to 20/);
    expect((await seed('--hospitals', '0', '--medics', '1', '--memberships', '1')).code).not.toBe(0);
    expect((await summary()).counts).toEqual({ hospitals: 0, medics: 0, memberships: 0 });
  });
});
