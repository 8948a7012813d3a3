import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/cli.js';
import { createTestDatabase } from '../support/database.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

(isServer ? test : test.skip)('an import waits for concurrent writers, and fails if rows exist', async () => {
  const database = await createTestDatabase();
  await database.dataSource.destroy();
  const folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
  const file = join(folder, 'empty.gz');
  await run(database.variables, 'export', '--file', file);
  const other = await database.connect();
  try {
    await other.query('BEGIN');
    await other.query(`INSERT INTO medic (name, email, email_key) VALUES ('M', 'm@example.org', 'm@example.org')`);
    let isDone = false;
    const importing = run(database.variables, 'import', '--file', file).finally(() => (isDone = true));
    await until(async () => isDone || (await waitingIn(other)).length === 1);
    await other.query('COMMIT');
    expect(await importing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('medic') as string });
  } finally {
    await other.end();
    await database.drop();
    await rm(folder, { recursive: true });
  }
});
