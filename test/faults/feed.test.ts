import { randomUUID } from 'node:crypto';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { entryOf } from '../../src/record/entry.js';
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

test('readers that follow the feed while 8 writers write and processes are killed see every position exactly once, and every acknowledged change', async () => {
  const { hospital, admin } = await scratch.given.hospital();
  const accounts = new ServiceAccounts(scratch.database.dataSource);
  const { key } = await accounts.create({ name: randomUUID(), scopes: ['event:read'] });
  const members: { medic: number; membership: number }[] = [];
  while (members.length < WRITERS) {
    const medic = await scratch.given.medic();
    members.push({ medic: medic.id, membership: await scratch.given.membership(medic, hospital) });
  }
  const processes = [new Replaced(), new Replaced()] as const;
  await Promise.all(processes.map((process) => process.start()));
  let isOver = false;
  let acknowledged = 0;
  const stated: string[] = [];
  const refused: string[] = [];
  const writers = members.map(async ({ medic, membership }, writer) => {
    const agent = keepAlive();
    const write = (method: string, path: string, body: object, requestId: string) => {
      const request = { ...by(admin, method, `/management/memberships/${path}`, body), requestId };
      return send(processes[writer % 2 === 0 ? 0 : 1].url, request, agent).catch(() => undefined);
    };
    /** Undefined after a request without a response, which may have been carried out. */
    let known: MembershipType | undefined = MembershipType.MEMBER;
    for (let turn = 0; !isOver; turn += 1) {
      const id = `${String(writer)}.${String(turn)}`;
      if (turn % 5 === 4) {
        const reply = await write('POST', '', { medic, hospital }, id);
        if (reply?.status === 409) refused.push(id);
        continue;
      }
      const type: MembershipType = turn % 2 === 0 ? MembershipType.ADMIN : MembershipType.MEMBER;
      const reply = await write('PATCH', `${String(membership)}/`, { type_membership: type }, id);
      const isDone = reply !== undefined && reply.status < 300;
      if (isDone) acknowledged += 1;
      if (isDone && known !== undefined && known !== type) stated.push(id);
      known = isDone ? type : undefined;
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
  const requests = new Set(stored.map(({ body }) => entryOf(body).request));
  figure('acknowledged changes that are not in the record', stated.filter((id) => !requests.has(id)).length);
  figure('refused changes that are in the record', refused.filter((id) => requests.has(id)).length);
  expect(Math.min(stated.length, refused.length)).toBeGreaterThan(0);
  expect(stated.filter((id) => !requests.has(id))).toEqual([]);
  expect(refused.filter((id) => requests.has(id))).toEqual([]);
  for (const { positions, bodies } of received) {
    expect(positions).toEqual(stored.map((_, index) => index + 1));
    expect(bodies).toEqual(stored.map(({ body }) => body));
  }
});
