import pg from 'pg';
import { sqlOfPage, type ListSql } from '../../src/database/page.js';
import { CLOCK, statedBy } from '../../src/database/actor.js';
import { MANAGED, NEWEST, NEXT_BATCH, OWN_FILTERED } from '../../src/memberships/memberships.sql.js';
import { IS_DUE, TOUCH } from '../../src/record/membership-clock.js';
import { givenOn } from '../faults/scratch.js';
import { blocksOf, lookedAt, nodesOf, type PlanNode } from '../scale/plan.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { passing } from '../support/limits.js';
import { isServer } from '../support/server.js';

const MEMBERS = 4000;
const ENDED = 5;

const pageOf = (list: ListSql) => `${sqlOfPage(list, '$6', '$7')} ORDER BY page.id`;

/** @returns SQL for a parameter: only EXECUTE has generic plans */
const literal = (value: unknown) => (typeof value === 'string' ? pg.escapeLiteral(value) : String(value));

/** Statements of lists with `in_force=false`, and their parameters. */
const LISTS: Readonly<
  Record<string, (scene: { hospital: number; medic: number; key: number }) => [string, unknown[]]>
> = {
  'the first of a hospital': ({ hospital }) => [NEWEST['out of force'], [hospital, false, null, 16, 0]],
  'the MEMBERs of a hospital': ({ hospital }) => [NEWEST['out of force'], [hospital, false, 'MEMBER', 500, 0]],
  'a later batch of a hospital': ({ hospital, key }) => [
    NEXT_BATCH['out of force'],
    [hospital, false, null, key, '2999-01-01T00:00:00Z', 1],
  ],
  'those of one administered hospital': ({ hospital, medic }) => [
    pageOf(MANAGED['out of force']),
    [medic, false, hospital, null, null, 15, 0],
  ],
  'those of all administered hospitals': ({ medic }) => [
    pageOf(MANAGED['out of force']),
    [medic, false, null, null, null, 15, 0],
  ],
  "the caller's own": ({ medic }) => [pageOf(OWN_FILTERED['out of force']), [medic, false, null, null, null, 15, 0]],
};

(isServer ? describe : describe.skip)('in_force=false in a large hospital', () => {
  let database: TestDatabase;
  let scene: { hospital: number; medic: number; key: number };

  beforeAll(async () => {
    database = await createTestDatabase();
    const { dataSource } = database;
    const given = givenOn(dataSource);
    const { hospital, admin } = await given.hospital();
    await given.crowd(hospital, MEMBERS);
    const other = await given.emptyHospital();
    await given.crowd(other, MEMBERS);
    const end = (where: string) =>
      dataSource.query(`UPDATE membership SET valid_until = '2021-01-01T00:00:00Z' WHERE ${where}`);
    await end(`id IN (SELECT max(id) - n * 100 FROM membership, generate_series(1, ${String(ENDED)}) n
      WHERE hospital_id = ${String(hospital)} GROUP BY n)`);
    await end(`hospital_id = ${String(other)}`);
    await dataSource.query('VACUUM ANALYZE');
    const [{ id: key }] = await dataSource.query<[{ id: number }]>('SELECT id FROM api_token WHERE medic_id = $1', [
      admin.id,
    ]);
    scene = { hospital, medic: admin.id, key };
  });
  afterAll(() => database.drop());

  describe.each(['force_generic_plan', 'force_custom_plan'])('%s', (mode) => {
    test.each(Object.keys(LISTS))('reads no membership without limits: %s', async (list) => {
      const [text, values] = LISTS[list]?.(scene) ?? [];
      const connection = await database.connect();
      try {
        await connection.query(`SET plan_cache_mode = ${mode}`);
        await connection.query(`PREPARE list AS ${String(text)}`);
        const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE list (${values?.map(literal).join() ?? ''})`,
        );
        const read = rows
          .flatMap((row) => nodesOf(row['QUERY PLAN'][0].Plan))
          .filter((node) => node['Relation Name'] === 'membership');
        expect(read.length).toBeGreaterThan(0);
        expect(Math.max(...read.map(lookedAt))).toBeLessThan(10 * ENDED);
      } finally {
        await connection.end();
      }
    });
  });
});

(isServer ? describe : describe.skip)('The clock of memberships', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { dataSource } = database;
    const given = givenOn(dataSource);
    const hospital = await given.emptyHospital();
    await given.crowd(hospital, MEMBERS);
    await dataSource.query(`UPDATE membership SET valid_until = '2999-01-01T00:00:00Z'`);
    const [{ due }] = await dataSource.query<[{ due: string }]>(
      `WITH ended AS (
         UPDATE membership SET valid_until = clock_timestamp() + interval '100 milliseconds'
         WHERE id IN (SELECT id FROM membership ORDER BY id OFFSET $1 LIMIT $2) RETURNING valid_until)
       SELECT max(valid_until)::text AS due FROM ended`,
      [MEMBERS / 2, ENDED],
    );
    await dataSource.query('VACUUM ANALYZE');
    await passing(dataSource, due);
  });
  afterAll(() => database.drop());

  /** @returns the plan of a statement that a session has carried out before, and undoes */
  async function planOf(mode: string, text: string, values: unknown[] = []): Promise<PlanNode> {
    const connection = await database.connect();
    try {
      await connection.query(`SET plan_cache_mode = ${mode}`);
      await connection.query(`PREPARE clock AS ${text}`);
      const execute = `EXECUTE clock ${values.length === 0 ? '' : `(${values.map(literal).join()})`}`;
      let plan: PlanNode | undefined;
      for (const _ of ['catalogs are read', 'they are cached']) {
        await connection.query('BEGIN');
        const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${execute}`,
        );
        plan = rows[0]?.['QUERY PLAN'][0].Plan;
        await connection.query('ROLLBACK');
      }
      return plan as PlanNode;
    } finally {
      await connection.end();
    }
  }

  describe.each(['force_generic_plan', 'force_custom_plan'])('%s', (mode) => {
    test('the question whether an entry is due reads one row of an index', async () => {
      const plan = await planOf(mode, IS_DUE);
      expect(plan['Actual Rows']).toBe(1);
      expect(blocksOf(plan)).toBeLessThan(10);
    });

    test('the statement that touches due memberships reads no others', async () => {
      const read = nodesOf(await planOf(mode, TOUCH, statedBy(CLOCK))).filter(
        (node) => node['Relation Name'] === 'membership',
      );
      expect(read.map((node) => node['Index Name'])).toContain('membership_due');
      expect(Math.max(...read.map(lookedAt))).toBe(ENDED);
    });
  });
});
