import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const REDIS_URL = process.env['TEST_REDIS_URL'];

interface Readiness {
  readonly checks: Readonly<Record<string, unknown>> & { readonly record_head_age: number | null };
}

describe('the checks of /health/ready', () => {
  const service = useService();
  const read = async () => (await service.client.get('//health/ready')).isOk({ status: 'ok' }).body<Readiness>().checks;

  test('a process that is ready names the role of its database, and needs no Redis', async () => {
    expect(await read()).toEqual({ database: 'ok', role: 'primary', redis: 'off', record_head_age: null });
  });

  test('the age of the record starts again with every change that it receives', async () => {
    await service.given.medic();
    await service.dataSource.query('SELECT record_sequence()');
    await service.dataSource.query(`UPDATE record_head SET clock = clock - interval '1 hour'`);
    expect((await read()).record_head_age).toBeGreaterThanOrEqual(3600);
    await service.given.medic();
    await service.dataSource.query('SELECT record_sequence()');
    expect((await read()).record_head_age).toBeLessThan(3600);
  });

  // The embedded database keeps its session.
  (isServer ? test : test.skip)('a database that accepts no writes is a 503 that says so', async () => {
    const [{ name } = { name: '' }] = await service.dataSource.query<{ name: string }[]>(
      'SELECT current_database() AS name',
    );
    const sessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
    const client = await service.database.connect();
    await client.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    await client.query(`${sessions} AND pid <> pg_backend_pid()`);
    const checks = { database: 'read-only', role: 'primary' };
    await until(async () => (await service.client.get('//health/ready')).text.includes('read-only'));
    (await service.client.get('//health/ready')).is(503, { message: expect.any(String) as string, checks });
    await client.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
    await client.query(`${sessions} AND pid <> pg_backend_pid()`);
    await client.end();
    await until(async () => (await service.client.get('//health/ready')).status === 200);
  });
});

(REDIS_URL === undefined ? describe.skip : describe)('with a Redis', () => {
  const service = useService({ REDIS_URL: REDIS_URL ?? '', RATE_LIMIT: '6000' });

  test('a Redis that responds is ok', async () => {
    const checks = async () => (await service.client.get('//health/ready')).isOk().body<Readiness>().checks;
    await until(async () => (await checks())['redis'] === 'ok');
  });
});

describe('with a Redis that is away', () => {
  const service = useService({ REDIS_URL: 'redis://127.0.0.1:1', RATE_LIMIT: '6000' });

  test('a process without its Redis is ready, and says so', async () => {
    (await service.client.get('//health/ready')).isOk({
      status: 'ok',
      checks: { redis: 'unavailable', database: 'ok' },
    });
  });
});
