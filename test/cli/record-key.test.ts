import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run, useOperator } from '../support/cli.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { isServer } from '../support/server.js';

const folder = useFolder();
const operator = useOperator();
const [onServer, onEmbedded] = isServer ? [test, test.skip] : [test.skip, test];

const VKEY = /^hospital-memberships\/[0-9a-f-]{36}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/;

const withFile = (file: string, ...args: string[]) =>
  run({ ...operator.database.variables, SIGNING_KEY_FILE: file }, ...args);

describe('record key', () => {
  test('creates a key that only its owner can read, and prints its verifier key', async () => {
    const file = join(folder, 'new.pem');
    const vkey = await operator.succeed('record', 'key', '--file', file);
    expect(vkey).toMatch(VKEY);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = execFileSync('openssl', ['pkey', '-in', file, '-noout', '-text'], { encoding: 'utf8' });
    expect(text).toMatch(/^ED25519 Private-Key:/);
    expect(Buffer.from(vkey.split('+').slice(2).join('+'), 'base64')[0]).toBe(1);
  });

  test('keeps an existing key, and prints the verifier keys of all keys of the file in their order', async () => {
    const pems = [newPem(), newPem()];
    const file = write(folder, 'two.pem', pems.join(''));
    const both = await operator.json<{ keys: string[]; created: boolean }>('record', 'key', '--file', file);
    expect([both.created, both.keys.length]).toEqual([false, 2]);
    expect(readFileSync(file, 'utf8')).toBe(pems.join(''));
    const singles = pems.map((pem, index) => write(folder, `${String(index)}.pem`, pem));
    for (const [index, single] of singles.entries())
      expect(await operator.succeed('record', 'key', '--file', single)).toBe(both.keys[index]);
  });

  test('uses SIGNING_KEY_FILE unless --file is given', async () => {
    const file = join(folder, 'setting.pem');
    const { code, out } = await withFile(file, 'record', 'key');
    expect([code, out.trim(), existsSync(file)]).toEqual([0, expect.stringMatching(VKEY), true]);
  });

  onServer('asks for the path of the file on a server', async () => {
    expect(await operator.fail('record', 'key')).toBe(
      'Specify --file, or set SIGNING_KEY_FILE to the path of the key file.\n',
    );
  });

  onEmbedded('uses the key file in DATA_DIR on the embedded database', async () => {
    const { file, created } = await operator.json<{ file: string; created: boolean }>('record', 'key');
    expect([file, created]).toEqual([join(operator.database.variables['DATA_DIR'] ?? '', 'signing-key.pem'), true]);
    expect((await operator.json<{ created: boolean }>('record', 'key')).created).toBe(false);
  });

  test('says that a file cannot be written', async () => {
    const file = join(folder, 'none', 'key.pem');
    expect(await operator.fail('record', 'key', '--file', file)).toBe(
      `The signing key file ${file} cannot be written (ENOENT).\n`,
    );
  });
});

describe('a key file that cannot be used is named in one sentence:', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed = generateKeyPairSync('ed25519');
  const PKCS8 = { format: 'pem', type: 'pkcs8' } as const;
  const ONLY =
    / must contain only Ed25519 private keys in PKCS#8 PEM, not encrypted, as `record key` creates them\.\n$/;
  test.each([
    ['RSA', rsa.export(PKCS8), ONLY],
    ['RSA in PKCS#1', rsa.export({ format: 'pem', type: 'pkcs1' }), ONLY],
    ['ECDSA', ec.export(PKCS8), ONLY],
    ['X25519', generateKeyPairSync('x25519').privateKey.export(PKCS8), ONLY],
    ['a public key', ed.publicKey.export({ format: 'pem', type: 'spki' }), ONLY],
    ['an encrypted key', ed.privateKey.export({ ...PKCS8, cipher: 'aes-256-cbc', passphrase: 'x' }), ONLY],
    ['a second key of another type', newPem() + ec.export(PKCS8).toString(), ONLY],
    ['damaged base64', newPem().replace(/MC4C/, 'MC4D'), ONLY],
    ['no PEM', 'a secret\n', / contains no key in PEM\.\n$/],
    ['nothing', '', / contains no key in PEM\.\n$/],
  ])('%s', async (name, contents, sentence) => {
    const file = write(folder, `${name.replaceAll(/\W/g, '')}.bad`, contents.toString());
    const { code, out, err } = await withFile(file, 'record', 'verify');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(sentence);
    expect(err).toContain(file);
    expect(err).not.toContain('secret');
  });

  test.each([
    ['it is missing', (path: string) => join(path, 'none.pem'), 'ENOENT'],
    ['it is a folder', (path: string) => path, 'EISDIR'],
  ])('%s', async (_, fileOf, code) => {
    const file = fileOf(folder);
    const { err } = await withFile(file, 'record', 'verify');
    expect(err).toBe(
      `The signing key file ${file} cannot be read (${code}); check SIGNING_KEY_FILE, or create the file with \`record key\`.\n`,
    );
  });

  const asUser = process.getuid?.() === 0 ? test.skip : test;
  asUser('it may not be read', async () => {
    const file = write(folder, 'closed.pem', newPem());
    chmodSync(file, 0);
    expect((await withFile(file, 'record', 'verify')).err).toContain('cannot be read (EACCES)');
  });
});
