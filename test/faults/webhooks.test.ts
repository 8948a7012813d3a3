import { SigningKeys } from '../../src/record/evidence/signing-keys.js';
import { WebhookSecrets } from '../../src/record/webhooks/secrets.js';
import { Webhooks } from '../../src/record/webhooks/webhooks.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { expectSound } from '../record/entries.js';
import { figure } from '../support/figure.js';
import type { ServerProcess } from '../support/process.js';
import { until } from '../support/until.js';
import { useCertificate } from '../webhooks/certificate.js';
import { Receiver, verify } from '../webhooks/receiver.js';
import { by, keepAlive, send } from './exchange.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const certificate = useCertificate();

const WRITERS = 8;
const ENDS = 4;
/** Changes that are acknowledged between two ends of a process. */
const CHANGES = 40;
/** Changes with which the writers wait for the receiver; otherwise the test would take many minutes. */
const MAX_AHEAD = 200;

const SETTINGS = { WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_CA_FILE: certificate.file };

/** A process that is replaced whenever it has ended. */
class Replaced {
  private server!: ServerProcess;
  url = '';

  async start(): Promise<void> {
    this.server = scratch.process(1, SETTINGS);
    this.url = await this.server.url();
  }

  async replace(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.server.signal(signal);
    await this.server.ended;
    await this.start();
  }
}

/**
 * Lets 8 writers write through two processes that are ended in turn, until a receiver has the last entry.
 * @returns the positions in the order of arrival, once each message was verified with its secret
 */
async function positionsWhile(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ positions: number[]; stored: number }> {
  const { hospital, admin } = await scratch.given.hospital();
  const memberships: number[] = [];
  while (memberships.length < WRITERS) {
    memberships.push(await scratch.given.membership(await scratch.given.medic(), hospital));
  }
  const receiver = await new Receiver(certificate).listen();
  const webhooks = new Webhooks(scratch.database.dataSource, new WebhookSecrets(SigningKeys.none));
  const { secret } = await webhooks.add({ name: 'hook', url: receiver.url(), after: 0 });
  const processes = [new Replaced(), new Replaced()] as const;
  await Promise.all(processes.map((process) => process.start()));
  let isOver = false;
  let acknowledged = 0;
  const writers = memberships.map(async (membership, writer) => {
    const agent = keepAlive();
    for (let turn = 0; !isOver; turn += 1) {
      await until(() => isOver || acknowledged < receiver.received.length + MAX_AHEAD);
      const type = turn % 2 === 0 ? MembershipType.ADMIN : MembershipType.MEMBER;
      const request = by(admin, 'PATCH', `/management/memberships/${String(membership)}/`, { type_membership: type });
      const reply = await send(processes[writer % 2 === 0 ? 0 : 1].url, request, agent).catch(() => undefined);
      if (reply !== undefined && reply.status < 300) acknowledged += 1;
    }
    agent.destroy();
  });
  for (let end = 0; end < ENDS; end += 1) {
    const enough = acknowledged + CHANGES;
    await until(() => acknowledged >= enough);
    // Otherwise the process that ends might deliver nothing at the time.
    const count = receiver.received.length;
    await until(() => receiver.received.length > count);
    await processes[end % 2 === 0 ? 0 : 1].replace(signal);
  }
  isOver = true;
  await Promise.all(writers);
  await expectSound(scratch.database.dataSource);
  const bodies = await scratch.query<{ body: string }>('SELECT body FROM record_entry ORDER BY position');
  await until(() => Math.max(...receiver.positions) >= bodies.length);
  receiver.close();
  for (const message of receiver.received) {
    const stored = bodies[message.entry.position - 1]?.body ?? '';
    expect(verify(secret, message)).toMatchObject({ data: JSON.parse(stored) as object });
    expect(message.headers['webhook-id']).toBe(message.entry.id);
  }
  figure(`ends of processes by ${signal} while a webhook is delivered`, ENDS);
  figure(`entries of the webhook, ${signal}`, bodies.length);
  figure(`deliveries of the webhook, ${signal}`, receiver.received.length);
  return { positions: receiver.positions, stored: bodies.length };
}

test('a receiver gets every position, in order, while 8 writers write and processes are killed: only a kill repeats one', async () => {
  const { positions, stored } = await positionsWhile('SIGKILL');
  const isRepeated = (position: number, index: number) => position === positions[index - 1];
  const repeated = positions.filter(isRepeated);
  expect(positions.filter((position, index) => !isRepeated(position, index))).toEqual(
    Array.from({ length: stored }, (_, index) => index + 1),
  );
  expect(repeated.length).toBeLessThanOrEqual(ENDS);
});

test('a receiver gets every position exactly once, in order, while 8 writers write and processes are restarted', async () => {
  const { positions, stored } = await positionsWhile('SIGTERM');
  expect(positions).toEqual(Array.from({ length: stored }, (_, index) => index + 1));
});

test('a change reaches a receiver soon after its commit, also one that another process has written', async () => {
  const { admin, membership } = await scratch.given.hospital();
  const receiver = await new Receiver(certificate).listen();
  const webhooks = new Webhooks(scratch.database.dataSource, new WebhookSecrets(SigningKeys.none));
  const servers = [scratch.process(1, SETTINGS), scratch.process(1, SETTINGS)];
  const urls = await Promise.all(servers.map((server) => server.url()));
  await webhooks.add({ name: 'hook', url: receiver.url() });
  const agent = keepAlive();
  for (let turn = 0; turn < 200; turn += 1) {
    const body = { type_membership: turn % 2 === 0 ? 'ADMIN' : 'MEMBER' };
    const request = by(admin, 'PATCH', `/management/memberships/${String(membership)}/`, body);
    expect((await send(urls[turn % 2] ?? '', request, agent)).status).toBe(201);
    await receiver.of(turn + 1);
  }
  agent.destroy();
  receiver.close();
  const delays = receiver.received.map(({ at, entry }) => at - Date.parse(entry.at)).sort((a, b) => a - b);
  figure('milliseconds from a change to its delivery, median', delays[100] ?? NaN);
  figure('milliseconds from a change to its delivery, 99th percentile', delays[198] ?? NaN);
  const [first = 0] = receiver.positions;
  expect(receiver.positions).toEqual(delays.map((_, index) => first + index));
});
