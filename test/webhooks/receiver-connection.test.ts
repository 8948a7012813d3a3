import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { AddressRules } from '../../src/record/webhooks/addresses.js';
import { authoritiesOf } from '../../src/record/webhooks/authorities.js';
import { messageOf } from '../../src/record/webhooks/message.js';
import type { Resolve } from '../../src/record/webhooks/resolve.js';
import {
  ReceiverConnection,
  type Outcome,
  type ReceiverOptions,
} from '../../src/record/webhooks/receiver-connection.js';
import { HOST, useCertificate } from './certificate.js';
import { Receiver } from './receiver.js';

const certificate = useCertificate();
const ENTRY =
  '{"position":1,"id":"8b0e6f1c-4c3b-4c0e-9d3a-2f4f6f1f7a10","at":"2026-11-28T01:12:12.017392Z","type":"medic.created"}';
const { signal } = new AbortController();
const secret = Buffer.alloc(32, 1);
const message = () => messageOf(ENTRY, [secret], Date.now() / 1000);

let receiver: Receiver;
beforeEach(async () => {
  receiver = await new Receiver(certificate).listen();
});
afterEach(() => {
  receiver.close();
});

/** @returns a name server that gives one answer after another, and the names that it was asked for */
function nameServer(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = (host) => {
    asked.push(host);
    return Promise.resolve(answers[asked.length - 1] ?? []);
  };
  return { resolve, asked };
}

/** Sends one message over a connection of its own. */
async function attempt(options: ReceiverOptions, url: string): Promise<Outcome> {
  const connection = new ReceiverConnection(options);
  try {
    return await connection.send(url, message(), signal);
  } finally {
    connection.close();
  }
}

const optionsWith = (resolve: Resolve, ...networks: string[]): ReceiverOptions => ({
  rules: new AddressRules(networks),
  resolve,
  ca: [certificate.cert],
});

const REFUSED = { isDelivered: false, reason: 'address not allowed' };

test('a name server that changes its answer to a private address after the check changes nothing', async () => {
  const { resolve, asked } = nameServer(['127.0.0.2'], ['127.0.0.1']);
  const options = optionsWith(resolve, '127.0.0.2');
  expect(await attempt(options, receiver.url(HOST))).toMatchObject({ isDelivered: true });
  // One connection, one question: the address that was checked is the one that was connected to.
  expect([asked, receiver.received.length]).toEqual([[HOST], 1]);
  expect(await attempt(options, receiver.url(HOST))).toEqual(REFUSED);
  expect([asked, receiver.connections]).toEqual([[HOST, HOST], 1]);
});

test('of several addresses only the allowed ones are connected to', async () => {
  const { resolve } = nameServer(['127.0.0.1', '::ffff:127.0.0.1', '127.0.0.2']);
  expect(await attempt(optionsWith(resolve, '127.0.0.2'), receiver.url(HOST))).toMatchObject({ isDelivered: true });
  const others = nameServer(['10.0.0.1', '127.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.2']);
  expect(await attempt(optionsWith(others.resolve, '127.0.0.2'), receiver.url(HOST))).toEqual(REFUSED);
  expect(receiver.connections).toBe(1);
});

test.each([
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '0',
])('a private address in the URL, written as %s, is refused without a connection', async (host) => {
  const { resolve, asked } = nameServer();
  expect(await attempt(optionsWith(resolve), receiver.url(host))).toEqual(REFUSED);
  expect([asked, receiver.connections]).toEqual([[], 0]);
});

test('a name without an address, or that the name servers do not know, is a failure', async () => {
  expect(await attempt(optionsWith(nameServer([]).resolve), receiver.url(HOST))).toEqual(REFUSED);
  const unknown: Resolve = () => Promise.reject(Object.assign(new Error('with the name'), { code: 'ENOTFOUND' }));
  expect(await attempt(optionsWith(unknown), receiver.url(HOST))).toEqual({ isDelivered: false, reason: 'ENOTFOUND' });
});

test('a certificate that no known authority has signed is refused, and nothing is sent', async () => {
  const { resolve } = nameServer(['127.0.0.1']);
  const options = { rules: new AddressRules(['127.0.0.1']), resolve };
  const { isDelivered, reason } = await attempt(options, receiver.url(HOST));
  expect([isDelivered, reason]).toEqual([false, 'DEPTH_ZERO_SELF_SIGNED_CERT']);
  expect(receiver.received).toEqual([]);
});

test('a receiver that is not there, or hangs up, is a failure', async () => {
  const { resolve } = nameServer(['127.0.0.1'], ['127.0.0.1']);
  const hangingUp = await new Receiver(certificate, ({ socket }) => socket.destroy()).listen();
  const options = optionsWith(resolve, '127.0.0.1');
  expect(await attempt(options, hangingUp.url(HOST))).toEqual({ isDelivered: false, reason: 'ECONNRESET' });
  const url = hangingUp.url(HOST);
  hangingUp.close();
  expect(await attempt(options, url)).toEqual({ isDelivered: false, reason: 'ECONNREFUSED' });
});

test('messages to one receiver share a connection', async () => {
  const { resolve, asked } = nameServer(['127.0.0.1'], ['127.0.0.1']);
  const connection = new ReceiverConnection(optionsWith(resolve, '127.0.0.1'));
  for (let count = 0; count < 3; count += 1)
    expect((await connection.send(receiver.url(HOST), message(), signal)).isDelivered).toBe(true);
  expect([receiver.connections, asked.length]).toEqual([1, 1]);
  connection.close();
});

test('an attempt that is ended early is a failure', async () => {
  const { resolve } = nameServer(['127.0.0.1']);
  receiver.replies.push('hang');
  const controller = new AbortController();
  const connection = new ReceiverConnection(optionsWith(resolve, '127.0.0.1'));
  const sending = connection.send(receiver.url(HOST), message(), controller.signal);
  await receiver.of(1);
  controller.abort();
  expect(await sending).toMatchObject({ isDelivered: false });
  connection.close();
});

describe('the file of WEBHOOK_CA_FILE', () => {
  test('the file of WEBHOOK_CA_FILE adds its certificates to those of Node', () => {
    const all = authoritiesOf(certificate.file) ?? [];
    expect(all).toHaveLength(rootCertificates.length + 1);
    expect(all.at(-1)).toBe(certificate.cert.trimEnd());
    expect(authoritiesOf(undefined)).toBeUndefined();
  });

  test('the file of WEBHOOK_CA_FILE is refused with a sentence if it is missing, or contains anything but certificates', () => {
    const folder = dirname(certificate.file);
    expect(() => authoritiesOf(join(folder, 'none.pem'))).toThrow(/cannot be read \(ENOENT\)/);
    for (const text of ['', certificate.key, certificate.cert.replace(/[A-Z]{4}/, '????')]) {
      const file = join(folder, 'other.pem');
      writeFileSync(file, text);
      expect(() => authoritiesOf(file)).toThrow(/must contain certificates in PEM/);
    }
  });
});
