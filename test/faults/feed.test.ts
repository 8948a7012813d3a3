import { randomUUID } from 'node:crypto';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { expectSound } from '../record/entries.js';
import { figure } from '../support/figure.js';
import type { ServerProcess } from '../support/process.js';
import { until } from '../support/until.js';
import { by, keepAlive, send } from './exchange.js';
import { follow, nothing, poll } from './followers.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();

const WRITERS = 8;
const KILLS = 6;
/** Changes that are acknowledged between two kills. */
const CHANGES = 40;

/** A process that is replaced whenever it is killed. */
class Replaced {
  private server!: ServerProcess;
  url = '';

  async start(): Promise<void> {
    this.server = scratch.process();
    this.url = await this.server.url();
  }

  async replace(): Promise<void> {
    this.server.signal('SIGKILL');
    await this.server.ended;
    await this.start();
  }
}

test('readers that follow the feed while 8 writers write and processes are killed see every position exactly once', async () => {
  const { hospital, admin } = await scratch.given.hospital();
  const accounts = new ServiceAccounts(scratch.database.dataSource);
  const { key } = await accounts.create({ name: randomUUID(), scopes: ['event:read'] });
  const memberships: number[] = [];
  while (memberships.length < WRITERS) {
    memberships.push(await scratch.given.membership(await scratch.given.medic(), hospital));
  }
  const processes = [new Replaced(), new Replaced()] as const;
  await Promise.all(processes.map((process) => process.start()));
  let isOver = false;
  let acknowledged = 0;
  const writers = memberships.map(async (membership, writer) => {
    const agent = keepAlive();
    for (let turn = 0; !isOver; turn += 1) {
      const type = turn % 2 === 0 ? MembershipType.ADMIN : MembershipType.MEMBER;
      const request = by(admin, 'PATCH', `/management/memberships/${String(membership)}/`, { type_membership: type });
      const reply = await send(processes[writer % 2 === 0 ? 0 : 1].url, request, agent).catch(() => undefined);
      if (reply !== undefined && reply.status < 300) acknowledged += 1;
    }
    agent.destroy();
  });
  const received = Array.from({ length: 4 }, () => nothing());
  let haveRead = false;
  const readers = received.map((each, index) =>
    (index < 2 ? follow : poll)(
      () => processes[index % 2 === 0 ? 0 : 1].url,
      key,
      each,
      () => haveRead,
    ),
  );
  for (let kill = 0; kill < KILLS; kill += 1) {
    const enough = acknowledged + CHANGES;
    await until(() => acknowledged >= enough);
    await processes[kill % 2 === 0 ? 0 : 1].replace();
  }
  isOver = true;
  await Promise.all(writers);
  await expectSound(scratch.database.dataSource);
  const stored = await scratch.query<{ body: string }>('SELECT body FROM record_entry ORDER BY position');
  await until(() => received.every(({ positions }) => (positions.at(-1) ?? 0) >= stored.length));
  haveRead = true;
  await Promise.all(readers);
  figure('kills of processes while readers follow the feed', KILLS);
  figure('changes acknowledged meanwhile', acknowledged);
  figure('entries that each of 4 readers received', stored.length);
  expect(stored.length).toBeGreaterThan(acknowledged);
  for (const { positions, bodies } of received) {
    expect(positions).toEqual(stored.map((_, index) => index + 1));
    expect(bodies).toEqual(stored.map(({ body }) => body));
  }
});
