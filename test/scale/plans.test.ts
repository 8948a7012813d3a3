import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { SessionClient } from '../../src/database/session-client.js';
import { sequenceAll } from '../../src/record/bulk.js';
import { TokenUsage } from '../../src/auth/token-usage.js';
import { figure } from '../support/figure.js';
import { medicBody } from '../support/bodies.js';
import { quieten } from '../support/quiet.js';
import { sendGranted, type Sent } from '../support/requests.js';
import { EXPLAINED, noteStatements, statementsOf } from './carried-out.js';
import { LargeService, SIZE, useLargeDatabase } from './large-service.js';
import { Ordinary } from './ordinary.js';
import { blocksOf, mostExpected, mostLookedAt, outlineOf, tablesReadWhole, type CarriedOut } from './plan.js';
import { ORDINARY } from './requests.js';

/** Upper bounds of a statement's cost, whatever the size of the database. */
interface Bounds {
  readonly expected: number;
  readonly lookedAt: number;
  readonly blocks: number;
}

/**
 * An ordinary hospital has about fifty memberships; an ordinary medic has about five, and the ADMIN
 * right in at most seven.
 */
const ORDINARY_BOUNDS: Bounds = { expected: 2500, lookedAt: 500, blocks: 2500 };
const BATCH = 500;
/** Number of memberships of a hospital that no statement may read whole. */
const HUGE = 5000;
/** A batch examines few more rows than it returns, however large the hospital; a parallel worker may run ahead. */
const BATCH_BOUNDS: Bounds = { expected: Infinity, lookedAt: 2 * BATCH, blocks: 10 * BATCH };

const databaseUrl = useLargeDatabase('plans');
noteStatements();

/** A prepared statement is planned once for any values; behind a pooler, each statement is planned for its values. */
describe.each(['any values', 'its values'])('planned for %s', (mode) => {
  let service: LargeService;
  let ordinary: Ordinary;

  beforeAll(async () => {
    // A session that is not initialized does not prepare statements.
    if (mode === 'its values') vi.spyOn(SessionClient.prototype, 'initializeSession').mockResolvedValue();
    service = await LargeService.start(databaseUrl(), EXPLAINED);
    // Otherwise they would run statements between those of a test.
    await quieten(service);
    ordinary = new Ordinary(service.dataSource);
  });
  afterAll(async () => {
    await service.app.close();
    vi.restoreAllMocks();
  });

  const granted = async (sent: Sent) => {
    // Otherwise the first read of the record would do it, for all earlier writes.
    await service.dataSource.query('SELECT record_sequence()');
    return statementsOf(() => sendGranted(service.url, sent));
  };

  /** Prints the highest costs of the statements, and fails if one is out of bounds. */
  function requireBounds(what: string, statements: CarriedOut[], bounds: Bounds): void {
    const costs = statements.map(({ text, plan }) => ({
      text,
      tables: tablesReadWhole(plan),
      expected: mostExpected(plan),
      lookedAt: mostLookedAt(plan),
      blocks: blocksOf(plan),
      outline: outlineOf(plan),
    }));
    for (const bound of ['expected', 'lookedAt', 'blocks'] as const)
      figure(`${String(SIZE.memberships)}, ${mode}, ${what}: ${bound}`, Math.max(...costs.map((cost) => cost[bound])));
    const isKept = (cost: (typeof costs)[number]) =>
      cost.tables.length === 0 &&
      cost.expected <= bounds.expected &&
      cost.lookedAt <= bounds.lookedAt &&
      cost.blocks <= bounds.blocks;
    expect(costs.filter((cost) => !isKept(cost))).toEqual([]);
  }

  test('statements about an ordinary medic or hospital read only a bounded part of each table', async () => {
    const all: CarriedOut[] = [];
    for (const send of ORDINARY) all.push(...(await granted(send(await ordinary.next()))));
    expect(all.length).toBeGreaterThan(2 * ORDINARY.length);
    requireBounds('ordinary', all, ORDINARY_BOUNDS);
  });

  test('the statements of a login and of key usage read only a bounded part of each table', async () => {
    const { admin } = await ordinary.next();
    const { email: other, password } = medicBody();
    const email = `${mode.replace(' ', '.')}.${other}`;
    await granted([admin, 'POST', '/medics/', { name: 'New', email, password }]);
    await service.app.get(TokenUsage).flush();
    const login = await granted([admin, 'POST', '/token-auth/', { email, password }]);
    requireBounds('login', login, ORDINARY_BOUNDS);
    await granted([admin, 'GET', '/locations/']);
    const stored = await statementsOf(() => service.app.get(TokenUsage).flush());
    // The statement that states the actor, and the update.
    expect(stored).toHaveLength(2);
    requireBounds('use of keys', stored, ORDINARY_BOUNDS);
  });

  test('the largest hospital is read in batches, and the last batch costs no more than the first', async () => {
    const { hospital, admin, count } = await ordinary.largest();
    expect(count).toBeGreaterThan(10_000);
    // The key and the batches, of which the last one is not full.
    const statements = await granted([admin, 'GET', `/memberships/${String(hospital)}`]);
    expect(statements.length).toBe(2 + Math.floor(count / BATCH));
    requireBounds('batch', statements, BATCH_BOUNDS);
    const past = `/memberships/${String(hospital)}?at=${new Date().toISOString()}`;
    const pastStatements = await granted([admin, 'GET', past]);
    // The key, the instant, and the batches of all memberships, deleted ones included.
    expect(pastStatements.length).toBeGreaterThanOrEqual(2 + Math.floor(count / BATCH));
    requireBounds('batch of the past', pastStatements, BATCH_BOUNDS);
  });

  test('the few memberships of a huge hospital that are not in force are found without reading the others', async () => {
    // On connections that explain nothing: triggers run for each row.
    const dataSource = await new DataSource(postgresOptions(databaseUrl())).initialize();
    const { hospital, admin } = await new Ordinary(dataSource).huge(HUGE);
    await dataSource.query(
      `UPDATE membership SET valid_until = '2021-01-01T00:00:00Z' WHERE hospital_id = $1 AND id % 500 = 0`,
      [hospital],
    );
    await sequenceAll(dataSource);
    await dataSource.destroy();
    for (const path of [
      `/memberships/${String(hospital)}?in_force=false`,
      '/management/memberships/?managed=true&in_force=false',
      `/management/memberships/?managed=true&in_force=false&hospital=${String(hospital)}`,
    ])
      requireBounds('not in force', await granted([admin, 'GET', path]), ORDINARY_BOUNDS);
  });
});
