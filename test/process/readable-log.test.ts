import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { useProcesses } from '../support/process.js';

const start = useProcesses();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
});
afterAll(() => database.drop());

const TERMINAL = ['--import', 'data:text/javascript,process.stdout.isTTY = true'];

test('the log on a terminal is readable and has one line for each request: its method, route, status and duration', async () => {
  const server = start({ ...database.variables, RATE_LIMIT: '0' }, { nodeOptions: TERMINAL });
  const [, url = ''] = await server.printed(/Server listening at (http:\S+)/);
  await fetch(`${url}/api/v2/medics/7?email=ana@example.org`);
  await fetch(`${url}/nowhere`);
  await server.stop('SIGTERM');
  const lines = server.output.split('\n').filter((line) => line.includes('GET'));
  expect(lines).toEqual([
    expect.stringMatching(
      /^\[[\d:.]+\] INFO: GET \/api\/v2\/medics\/:id 401 in [\d.]+ ms \{"client":"127\.0\.0\.1"\}$/,
    ),
    expect.stringMatching(/^\[[\d:.]+\] INFO: GET \(unknown path\) 404 in [\d.]+ ms$/),
  ]);
});
