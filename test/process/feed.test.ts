import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { useProcesses } from '../support/process.js';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { Stream, type Feed } from '../record/feed.js';

const start = useProcesses();
let database: TestDatabase;
let key: string;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ key } = await new ServiceAccounts(database.dataSource).create({ name: 'reader', scopes: ['event:read'] }));
  // The process opens the embedded database itself.
  if ('DATA_DIR' in database.variables) await database.dataSource.destroy();
});
afterEach(() => database.drop());

test.each(['SIGTERM', 'SIGINT'] as const)(
  'at %s event streams end, and requests that wait are answered',
  async (signal) => {
    const server = start({ ...database.variables, RATE_LIMIT: '0' });
    const url = await server.url();
    const get = async (query: string) =>
      (await (await fetch(`${url}/events${query}`, { headers: { authorization: `Bearer ${key}` } })).json()) as Feed;
    const { head } = await get('?limit=1');
    const streams = [
      await Stream.open(url, key, `?after=${String(head)}`),
      await Stream.open(url, key, `?after=${String(head)}`),
    ];
    const waiting = get(`?wait=30&after=${String(head)}`);
    // It was sent before this request.
    await get('?limit=1');
    const ended = server.stop(signal);
    await Promise.all(streams.map((stream) => stream.ended()));
    expect(await waiting).toEqual({ data: [], next: head, head });
    expect(await ended).toEqual({ code: 0 });
    expect(server.errors).toBe('');
  },
);
