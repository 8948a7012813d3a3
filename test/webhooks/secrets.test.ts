import { SigningKeys } from '../../src/record/evidence/signing-keys.js';
import { newSecret, secretText, UnreadableSecret, WebhookSecrets } from '../../src/record/webhooks/secrets.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';
import { useCertificate } from './certificate.js';
import { useEndpoints } from './endpoints.js';
import { verify } from './receiver.js';

const folder = useFolder();
const [first, second] = [newPem(), newPem()];
const keysIn = (name: string, ...pems: string[]) => SigningKeys.read(write(folder, name, pems.join('')));

describe('a secret', () => {
  test('a secret is random, and long enough for Standard Webhooks', () => {
    const secret = newSecret();
    expect([secret.length, newSecret().equals(secret)]).toEqual([32, false]);
    expect(secretText(secret)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });

  test('a secret is encrypted anew each time, and opened by every process that has the signing key', () => {
    const secret = newSecret();
    const secrets = new WebhookSecrets(keysIn('one.pem', first));
    const [sealed, again] = [secrets.seal('a', secret), secrets.seal('a', secret)];
    expect([sealed.secret.includes(secret), sealed.secret.equals(again.secret)]).toEqual([false, false]);
    const others = [keysIn('one.pem', first), keysIn('both.pem', second, first)].map(
      (keys) => new WebhookSecrets(keys),
    );
    for (const other of others) expect(other.open('a', sealed)).toEqual(secret);
  });

  test('a secret is encrypted with the first of several signing keys', () => {
    const secret = newSecret();
    const sealed = new WebhookSecrets(keysIn('both.pem', second, first)).seal('a', secret);
    expect(new WebhookSecrets(keysIn('two.pem', second)).open('a', sealed)).toEqual(secret);
    expect(() => new WebhookSecrets(keysIn('one.pem', first)).open('a', sealed)).toThrow(UnreadableSecret);
  });

  test('a secret cannot be opened without its key, for another webhook, or after a change of one bit', () => {
    const secrets = new WebhookSecrets(keysIn('one.pem', first));
    const sealed = secrets.seal('a', newSecret());
    expect(() => new WebhookSecrets(SigningKeys.none).open('a', sealed)).toThrow(UnreadableSecret);
    expect(() => secrets.open('b', sealed)).toThrow(UnreadableSecret);
    for (const index of [0, 12, 28, sealed.secret.length - 1]) {
      const changed = Buffer.from(sealed.secret);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => secrets.open('a', { ...sealed, secret: changed })).toThrow(UnreadableSecret);
    }
    expect(() => secrets.open('a', { ...sealed, secret: Buffer.alloc(3) })).toThrow(UnreadableSecret);
  });

  test('a secret is stored as it is without a signing key', () => {
    const secrets = new WebhookSecrets(SigningKeys.none);
    const secret = newSecret();
    const sealed = secrets.seal('a', secret);
    expect([sealed, secrets.open('a', sealed)]).toEqual([{ secret, key: null }, secret]);
  });
});

describe('a webhook whose secret is rotated', () => {
  const certificate = useCertificate();
  const service = useService({
    WEBHOOK_NETWORKS: '127.0.0.1',
    WEBHOOK_CA_FILE: certificate.file,
    SIGNING_KEY_FILE: write(folder, 'service.pem', first),
  });
  const endpoints = useEndpoints(service, certificate);
  let hospital: number;
  beforeAll(async () => {
    hospital = await service.given.emptyHospital();
  });
  const toggle = () =>
    service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [hospital]);

  test('a message has two signatures while both secrets are valid, afterwards one', async () => {
    const { name, secret, receiver } = await endpoints.add();
    const { secret: next } = await endpoints.webhooks.rotate(name, 3600);
    await toggle();
    const [both] = await receiver.of(1);
    if (both === undefined) throw new Error('A message is missing.');
    expect(both.headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
    for (const each of [secret, next]) verify(each, both);
    await service.dataSource.query('UPDATE webhook SET previous_until = clock_timestamp()');
    await toggle();
    const [, one] = await receiver.of(2);
    if (one === undefined) throw new Error('A message is missing.');
    expect(one.headers['webhook-signature']).toMatch(/^v1,\S{44}$/);
    verify(next, one);
    expect(() => verify(secret, one)).toThrow();
  });

  test('a previous secret is removed after its grace period, without a delivery, from a disabled webhook too', async () => {
    const stored = (name: string) =>
      service.dataSource.query<object[]>(
        `SELECT previous_secret IS NOT NULL AS "isStored" FROM webhook
         WHERE name = $1 AND num_nonnulls(previous_secret, previous_key, previous_until) IN (0, 3)`,
        [name],
      );
    const [{ name }, { name: other }] = [await endpoints.add(), await endpoints.add()];
    for (const each of [name, other]) await endpoints.webhooks.rotate(each, 3600);
    await service.dataSource.query(
      'UPDATE webhook SET previous_until = clock_timestamp(), disabled_at = now(), disabled_because = $2 WHERE name = $1',
      [name, 'operator'],
    );
    await until(async () => !((await stored(name)) as [{ isStored: boolean }])[0].isStored);
    expect(await stored(other)).toEqual([{ isStored: true }]);
  });

  test('a webhook keeps at most two secrets, and with --grace 0 only the new one', async () => {
    const { name, secret, receiver } = await endpoints.add();
    const second = await endpoints.webhooks.rotate(name, 3600);
    const third = await endpoints.webhooks.rotate(name, 3600);
    await toggle();
    const [message] = await receiver.of(1);
    if (message === undefined) throw new Error('A message is missing.');
    for (const each of [second, third]) verify(each.secret, message);
    expect(() => verify(secret, message)).toThrow();
    const last = await endpoints.webhooks.rotate(name, 0);
    await toggle();
    const [, next] = await receiver.of(2);
    expect(next?.headers['webhook-signature']).toMatch(/^v1,\S{44}$/);
    if (next !== undefined) verify(last.secret, next);
  });

  test('a webhook has no readable secret in the database, nor in the log', async () => {
    const { name, secret } = await endpoints.add();
    const [{ stored }] = await service.dataSource.query<[{ stored: string }]>(
      `SELECT string_agg(encode(secret, 'base64'), ' ') AS stored FROM webhook WHERE name = $1`,
      [name],
    );
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(Buffer.from(stored, 'base64').includes(bytes)).toBe(false);
    expect(JSON.stringify(service.log)).not.toMatch(/whsec_/);
  });

  test('a webhook whose signing key is missing waits for it and says so, and is delivered once its secret is rotated', async () => {
    const { name, receiver, position } = await endpoints.add();
    await service.dataSource.query(`UPDATE webhook SET secret_key = 'another' WHERE name = $1`, [name]);
    await toggle();
    const summary = await endpoints.settled(name, ({ failures }) => failures === 1);
    expect(summary).toMatchObject({ position, last_failure: 'the signing key that encrypted its secret is missing' });
    expect(receiver.received).toEqual([]);
    const { secret } = await endpoints.webhooks.rotate(name, 3600);
    await endpoints.due(name);
    const [message] = await receiver.of(1);
    if (message === undefined) throw new Error('A message is missing.');
    verify(secret, message);
  });
});
