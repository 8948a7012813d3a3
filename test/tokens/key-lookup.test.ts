import { digestOf, generateKey } from '../../src/auth/token-key.js';
import { hashPassword } from '../../src/auth/password.js';
import { medicBody } from '../support/bodies.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const service = useService();
beforeAll(() => quieten(service));

/** Every statement that the service sends, with its parameters. */
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

/** @returns all that was sent to the database, as text and with its bytes in hexadecimal */
function sent(): string {
  return statements
    .flatMap(({ sql, parameters }) => [sql, ...parameters])
    .map((part) => (Buffer.isBuffer(part) ? part.toString('latin1') + part.toString('hex') : JSON.stringify(part)))
    .join('\n');
}

/** Expects that the database has seen neither the key nor its first 16 characters. */
function expectUnknown(key: string): void {
  expect(sent()).not.toContain(key.slice(0, 16));
  expect(sent()).not.toContain(Buffer.from(key.slice(0, 16)).toString('hex'));
}

test('a key is looked up by its digest, and the database never sees the key', async () => {
  const medic = await service.given.medic();
  statements.length = 0;
  (await medic.get('/locations/')).isOk();
  // Not an exact match, because a new connection also asks which server it reached.
  expect(statements.map(({ parameters }) => parameters)).toContainEqual([digestOf(medic.token)]);
  expectUnknown(medic.token);
});

test('an unknown key is looked up in the same way', async () => {
  const token = generateKey();
  (await service.client.get('/locations/', { token })).isRefused('Invalid Token');
  expect(statements.map(({ parameters }) => parameters)).toContainEqual([digestOf(token)]);
});

test('the database never sees a key that is created, rotated or returned by a login', async () => {
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

test('a key with one wrong character is refused without a query', async () => {
  const { token } = await service.given.medic();
  statements.length = 0;
  for (let at = 0; at < token.length; at += 1) {
    const other = token.slice(0, at) + (token.charAt(at) === '0' ? '1' : '0') + token.slice(at + 1);
    (await service.client.get('/locations/', { token: other })).isRefused('Invalid Token');
  }
  expect(statements).toEqual([]);
});

test('the digest of a key has a unique index', async () => {
  const indexes = await service.dataSource.query<{ indexdef: string }[]>(
    `SELECT indexdef FROM pg_indexes WHERE tablename = 'api_token'`,
  );
  expect(indexes.some(({ indexdef }) => /UNIQUE INDEX .*\(digest\)/.test(indexdef))).toBe(true);
});
