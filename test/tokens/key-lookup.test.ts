import { digestOf, generateKey } from '../../src/auth/token-key.js';
import { hashPassword } from '../../src/auth/password.js';
import { medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const service = useService();

/** Every statement that the service sends to the database, with its parameters. */
const statements: { sql: string; parameters: unknown[] }[] = [];

let stop: () => void;
beforeAll(() => {
  stop = listen((_, sql, parameters) => statements.push({ sql, parameters: [...parameters] }));
});
afterAll(() => {
  stop();
});
beforeEach(() => {
  statements.length = 0;
});

/** @returns everything that was sent to the database, as text and as the bytes in hexadecimal */
function sent(): string {
  return statements
    .flatMap(({ sql, parameters }) => [sql, ...parameters])
    .map((part) => (Buffer.isBuffer(part) ? part.toString('latin1') + part.toString('hex') : JSON.stringify(part)))
    .join('\n');
}

/** Fails where the database was told a key, or the beginning of one. */
function expectUnknown(key: string): void {
  expect(sent()).not.toContain(key.slice(0, 16));
  expect(sent()).not.toContain(Buffer.from(key.slice(0, 16)).toString('hex'));
}

test('the database is asked for the digest of a key, and never told the key', async () => {
  const medic = await service.given.medic();
  statements.length = 0;
  (await medic.get('/locations/')).isOk();
  // A connection that is opened first asks who answers it.
  expect(statements.map(({ parameters }) => parameters)).toContainEqual([digestOf(medic.token)]);
  expectUnknown(medic.token);
});

test('a key that nobody has is looked up in the same way', async () => {
  const token = generateKey();
  (await service.client.get('/locations/', { token })).isRefused('Invalid Token');
  expect(statements.map(({ parameters }) => parameters)).toContainEqual([digestOf(token)]);
});

test('neither is it told a key that is created, rotated or given for a password', async () => {
  const passwordHash = await hashPassword('correct horse battery staple');
  const medic = await service.given.medic({ passwordHash });
  const keyOf = ({ json }: { json: unknown }) => (json as { token: string }).token;
  const keys = [
    medic.token,
    keyOf((await medic.post('/medics/', medicBody())).isCreated()),
    keyOf((await medic.post('/token-auth/rotate/')).isOk()),
    keyOf((await medic.post('/token-auth/', { email: medic.email, password: 'correct horse battery staple' })).isOk()),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  keys.forEach(expectUnknown);
  expect(sent()).toContain(digestOf(keys[1] ?? '').toString('hex'));
});

test('a key that differs in one character is none, which is known without asking', async () => {
  const { token } = await service.given.medic();
  statements.length = 0;
  for (let at = 0; at < token.length; at += 1) {
    const other = token.slice(0, at) + (token.charAt(at) === '0' ? '1' : '0') + token.slice(at + 1);
    (await service.client.get('/locations/', { token: other })).isRefused('Invalid Token');
  }
  expect(statements).toEqual([]);
});

test('the digest is found through an index of its own', async () => {
  const indexes = await service.dataSource.query<{ indexdef: string }[]>(
    `SELECT indexdef FROM pg_indexes WHERE tablename = 'api_token'`,
  );
  expect(indexes.some(({ indexdef }) => /UNIQUE INDEX .*\(digest\)/.test(indexdef))).toBe(true);
});
