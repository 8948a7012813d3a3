import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useProcesses } from '../support/process.js';

const folder = useFolder();
const start = useProcesses();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
});
afterAll(() => database.drop());

describe('SIGNING_KEY_FILE', () => {
  test.each([
    ['is missing', () => join(folder, 'none.pem'), /cannot be read \(ENOENT\); check SIGNING_KEY_FILE/],
    ['contains no key', () => write(folder, 'empty.pem', ''), /contains no key in PEM/],
  ])('SIGNING_KEY_FILE ends the start with one sentence if the file %s', async (_, file, sentence) => {
    const process = start({ ...database.variables, SIGNING_KEY_FILE: file() });
    expect((await process.ended).code).toBe(1);
    expect(process.errors).toMatch(/^The signing key file [^\n]+\n$/);
    expect(process.errors).toMatch(sentence);
  });

  test('SIGNING_KEY_FILE is read at the start, and nothing of the key reaches the log', async () => {
    const pem = newPem();
    const process = start({ ...database.variables, SIGNING_KEY_FILE: write(folder, 'key.pem', pem) });
    const response = await fetch(`${await process.url()}/.well-known/jwks.json`);
    expect((await response.json()) as object).toMatchObject({ keys: [{ kty: 'OKP' }] });
    await process.stop('SIGTERM');
    const secret = pem.split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(40);
    expect(process.output + process.errors).not.toContain(secret.slice(20));
  });
});
