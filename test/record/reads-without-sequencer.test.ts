import { generateKey } from '../../src/auth/token-key.js';
import { answerTo, question } from '../decisions/decisions.js';
import type { Actor } from '../support/actor.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { valueOf } from '../support/hand.js';
import { instant } from '../support/instant.js';
import { readProof } from '../support/log.js';
import { hospitalPath, type Row } from '../support/past.js';
import { quieten } from '../support/quiet.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import type { Feed } from './feed.js';
import type { Page } from './history.js';

const service = useService({ SIGNING_KEY_FILE: write(useFolder(), 'key.pem', newPem()) });
let asker: ServiceActor;

beforeAll(async () => {
  asker = await givenService(service);
  await quieten(service);
});

const valueNow = <T>(sql: string) => valueOf<T>(service.dataSource, sql);

/** Changes a membership while nothing but a read moves the change into the record. */
async function changed() {
  const { admin, member, hospital, membership } = await service.given.hospital();
  await valueNow(`SELECT record_sequence()::text AS value`);
  const position = Number(await valueNow(`SELECT position AS value FROM record_head`));
  (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
  expect(await valueNow(`SELECT record_is_behind() AS value`)).toBe(true);
  const at = await valueNow<string>(`SELECT ${instant('clock_timestamp()')} AS value`);
  return { admin, member, hospital, membership, position: position + 1, at };
}

type Scene = Awaited<ReturnType<typeof changed>>;

/** @returns the position of the newest entry of a history */
async function latestOf(admin: Actor, path: string): Promise<number[]> {
  return (await admin.get(`${path}/history/?limit=1`))
    .isOk()
    .body<Page>()
    .results.map(({ position }) => position);
}

/** Each reader of the record, and what it says about the change. */
const READERS: [name: string, read: (scene: Scene) => Promise<unknown>, expected: (scene: Scene) => unknown][] = [
  [
    'the feed',
    async ({ position }) =>
      (await asker.get(`/events?after=${String(position - 1)}`))
        .isOk()
        .body<Feed>()
        .data.map((entry) => entry.position),
    ({ position }) => [position],
  ],
  [
    'the history of the membership',
    ({ admin, membership }) => latestOf(admin, `/management/memberships/${String(membership)}`),
    ({ position }) => [position],
  ],
  [
    'the history of the hospital',
    ({ admin, hospital }) => latestOf(admin, hospitalPath(hospital)),
    ({ position }) => [position],
  ],
  [
    'the list of the hospital at the instant after it',
    async ({ admin, hospital, membership, at }) =>
      (await admin.get(`${hospitalPath(hospital)}?at=${at}`))
        .isOk()
        .body<Row[]>()
        .find(({ id }) => id === membership)?.type_membership,
    () => 'ADMIN',
  ],
  [
    'a decision as of the instant after it',
    async ({ member, hospital, at }) =>
      (await answerTo(asker, question(member.id, hospital, 'administer', { as_of: at }))).decision,
    () => true,
  ],
  [
    'a decision after its position',
    async ({ member, hospital, position }) =>
      (await answerTo(asker, question(member.id, hospital, 'administer', { position }))).decision,
    () => true,
  ],
  [
    'the checkpoint',
    async () => Number((await asker.get('/record/checkpoint')).is(200).text.split('\n')[1]),
    ({ position }) => position,
  ],
  [
    'a proof',
    async ({ position }) =>
      readProof((await asker.get(`/record/proof?position=${String(position)}`)).is(200).text).index,
    ({ position }) => position - 1,
  ],
];

test.each(READERS)('%s contains a change that was acknowledged before the request', async (_, read, expected) => {
  const scene = await changed();
  expect(await read(scene)).toEqual(expected(scene));
});

// Needs a second connection, which holds the lock.
(isServer ? test : test.skip)(
  'keys and decisions do not wait behind reads of the record that cannot sequence',
  async () => {
    const { admin, member, hospital, position } = await changed();
    const other = await service.database.connect();
    await other.query('BEGIN; SELECT FROM record_head FOR UPDATE');
    const state = { haveEnded: false };
    const reads = Promise.all(
      Array.from({ length: 4 }, () => asker.get(`/events?after=${String(position - 1)}`)),
    ).finally(() => (state.haveEnded = true));
    await until(async () => {
      const waiting =
        'SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE $1 AND wait_event_type = $2';
      return (await other.query(waiting, ['SELECT record_sequence%', 'Lock'])).rowCount;
    });
    for (let asked = 0; asked < 20; asked += 1) {
      expect((await answerTo(asker, question(member.id, hospital, 'administer'))).decision).toBe(true);
      (await admin.get('/locations/')).isOk();
    }
    expect(state.haveEnded).toBe(false);
    await other.query('COMMIT');
    await other.end();
    for (const read of await reads) read.isOk();
  },
);

// Needs a second connection, which holds the lock.
(isServer ? test : test.skip)(
  'reads of the record are a 503 while the record cannot be sequenced; decisions and writes go on',
  async () => {
    const { admin, member, hospital, membership, position } = await changed();
    const other = await service.database.connect();
    await other.query('BEGIN; SELECT FROM record_head FOR UPDATE');
    const feed = () => asker.get(`/events?after=${String(position - 1)}`);
    for (const { status, headers } of await Promise.all([feed(), asker.get('/record/checkpoint')]))
      expect([status, Number(headers.get('retry-after')) > 0]).toEqual([503, true]);
    const concurrent = true;
    expect((await answerTo(asker, question(member.id, hospital, 'administer'))).decision).toBe(true);
    (await admin.changeMembership(membership, { type_membership: 'MEMBER' }, { concurrent })).isCreated();
    expect((await answerTo(asker, question(member.id, hospital, 'administer'))).decision).toBe(false);
    await other.query('COMMIT');
    await other.end();
    const { data } = (await feed()).isOk().body<Feed>();
    expect(data.map((entry) => entry.position)).toEqual([position, position + 1]);
  },
);

// Needs a second connection, which holds the lock.
(isServer ? test : test.skip)(
  'a missing scope is a 403 and an unknown key a 401 for questions about the past too, while the record cannot be sequenced',
  async () => {
    const { member, hospital, position } = await changed();
    const ungranted = await givenService(service, 'event:read');
    const other = await service.database.connect();
    await other.query('BEGIN; SELECT FROM record_head FOR UPDATE');
    const body = question(member.id, hospital, 'prescribe', { position });
    const statuses: number[] = [];
    for (const key of [ungranted.key, generateKey('service')]) {
      const headers = { authorization: `Bearer ${key}` };
      const send = (path: string) => ungranted.send('POST', `/access/v1/${path}`, { body, headers, concurrent: true });
      for (const path of ['evaluation', 'search/subject']) statuses.push((await send(path)).status);
    }
    expect(statuses).toEqual([403, 403, 401, 401]);
    await other.query('COMMIT');
    await other.end();
  },
);
