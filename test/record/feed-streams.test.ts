import { Followers } from '../../src/record/feed/followers.js';
import { MembershipClock } from '../../src/record/membership-clock.js';
import type { HospitalScene } from '../support/given.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { listen } from '../support/statements.js';
import { until } from '../support/until.js';
import { headOf, Stream, storedBodies, type Feed } from './feed.js';

const service = useService();
let scene: HospitalScene;
let reader: ServiceActor;
const opened: Stream[] = [];

beforeAll(async () => {
  // It looks at the record once a second as well.
  await service.app.get(MembershipClock).onApplicationShutdown();
  scene = await service.given.hospital();
  reader = await givenService(service, 'event:read');
});
afterEach(async () => {
  opened.splice(0).forEach((stream) => {
    stream.close();
  });
  // Until the server has noticed, they count for the next test.
  const { all } = service.app.get<Followers, { readonly all: ReadonlySet<unknown> }>(Followers);
  await until(() => all.size === 0);
});

const connections = () => service.app.getHttpAdapter().getInstance().connections;
const toggle = () =>
  service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [scene.hospital]);

async function open(query = '', headers: Record<string, string> = {}, { key } = reader): Promise<Stream> {
  const stream = await Stream.open(service.client.url, key, query, headers);
  opened.push(stream);
  return stream;
}

/** @returns the statements about the record that this process sends while `work` runs */
async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  const stop = listen((_, text) => {
    if (text.includes('record_') && !/THEN record_sequence|webhook/.test(text)) texts.push(text);
  });
  await work().finally(stop);
  return texts;
}

const isHead = (text: string) => text.includes('peaks');

describe('an event stream', () => {
  test('an event stream contains every entry from the beginning, byte for byte, and continues with each change', async () => {
    const stream = await open();
    const bodies = await storedBodies(service);
    const blocks = await stream.take(bodies.length);
    expect(blocks.map(({ data }) => data)).toEqual(bodies);
    expect(blocks.map(({ id }) => id)).toEqual(bodies.map((_, index) => String(index + 1)));
    const body = { type_membership: 'ADMIN' };
    (await scene.admin.patch(`/management/memberships/${String(scene.membership)}/`, body)).isCreated();
    await toggle();
    const types = (await stream.take(2)).map(({ data = '' }) => (JSON.parse(data) as { type: string }).type);
    expect(types).toEqual(['membership.changed', 'hospital.deactivated']);
    await toggle();
    expect(await stream.take(1)).toMatchObject([{ id: String(bodies.length + 3) }]);
  });

  test('an event stream starts after Last-Event-ID, which takes precedence over after; an empty one counts as absent', async () => {
    const head = await headOf(reader);
    const first = async (query: string, headers = {}) => (await (await open(query, headers)).take(1))[0]?.id;
    expect(await first('?after=5')).toBe('6');
    expect(await first('?after=5', { 'last-event-id': '2' })).toBe('3');
    expect(await first('?after=5', { 'last-event-id': '' })).toBe('6');
    const stream = await open('', { 'last-event-id': String(head) });
    await toggle();
    await toggle();
    expect((await stream.take(2)).map(({ id }) => id)).toEqual([String(head + 1), String(head + 2)]);
  });

  test('an event stream is filtered as a page is, and is not limited', async () => {
    const all = await reader.get('/events?limit=1000&type=membership.created');
    const stream = await open('?limit=1&type=membership.created');
    const { data } = all.body<Feed>();
    expect((await stream.take(data.length)).map(({ id }) => Number(id))).toEqual(data.map(({ position }) => position));
  });

  test('an event stream of many thousand entries has all of them', async () => {
    const head = await headOf(reader);
    const stream = await open(`?after=${String(head)}`);
    await service.given.crowd(scene.hospital, 1500);
    const blocks = await stream.take(3000);
    expect(blocks.map(({ id }) => Number(id))).toEqual(Array.from({ length: 3000 }, (_, index) => head + index + 1));
  });
});

describe('those who wait', () => {
  const WAITING = 20;

  test('those who wait are served by one look at the head, and one read if they read the same', async () => {
    const head = await headOf(reader);
    const streams: Stream[] = [];
    while (streams.length < WAITING) streams.push(await open(`?after=${String(head)}`));
    const heads = async (count: number) => {
      let seen = 0;
      const stop = listen((_, text) => (seen += isHead(text) ? 1 : 0));
      await until(() => seen >= count);
      stop();
    };
    await heads(1);
    expect((await statementsDuring(() => heads(5))).filter((text) => !isHead(text))).toEqual([]);
    const reads = await statementsDuring(async () => {
      await toggle();
      await Promise.all(streams.map((stream) => stream.take(1)));
    });
    expect(reads.filter((text) => text.includes('record_entry'))).toHaveLength(1);
    await toggle();
  });

  test('those who wait leave nothing behind when they go: nobody looks at the head anymore', async () => {
    const head = await headOf(reader);
    const streams = [await open(`?after=${String(head)}`), await open(`?after=${String(head)}`)];
    for (const stream of streams) stream.close();
    await until(async () => {
      const texts = await statementsDuring(() => new Promise((resolve) => setTimeout(resolve, 500)));
      return texts.length === 0;
    });
  });

  test('those who wait are not requests in progress, and leave the service to others', async () => {
    const head = await headOf(reader);
    while (opened.length < 50) await open(`?after=${String(head)}`);
    const waiting = reader.get(`/events?wait=30&after=${String(head)}`);
    (await scene.admin.get('/management/memberships/')).isOk();
    await until(() => connections().inProgress === 0);
    await toggle();
    await waiting;
    opened.splice(0).forEach((stream) => {
      stream.close();
    });
    (await scene.admin.get('/management/memberships/')).isOk();
    await until(() => connections().inProgress === 0);
    await toggle();
  });

  test('those who wait are at most 100 of an account, however they wait; the next is a 429, and closing one makes room', async () => {
    const other = await givenService(service, 'event:read');
    const head = await headOf(reader);
    const last = `?after=${String(head)}`;
    while (opened.length < 100) await open(last, {}, other);
    const wait = `/events${last}&wait=30`;
    const refused = (await other.get(wait)).is(429, { detail: expect.stringMatching(/^Your account has/) });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    (await other.get(`/events${last}`, { headers: { accept: 'text/event-stream' } })).is(429);
    (await other.get(`/events${last}`)).isOk();
    opened.push(await open(last));
    opened.shift()?.close();
    const waiting = until(async () => {
      const answer = await other.get(wait);
      return answer.status === 429 ? undefined : answer;
    });
    await toggle();
    (await waiting).isOk();
    await toggle();
  });

  test('those who wait are at most a quarter of the connections of the process; the next is a 429', async () => {
    const head = await headOf(reader);
    const last = `?after=${String(head)}`;
    while (opened.length < connections().maxParked) {
      const account = await givenService(service, 'event:read');
      // More at a time would be too many reads of one account.
      const count = Math.min(50, connections().maxParked - opened.length);
      await Promise.all(Array.from({ length: count }, () => open(last, {}, account)));
    }
    const account = await givenService(service, 'event:read');
    (await account.get(`/events${last}`, { headers: { accept: 'text/event-stream' } })).is(429, {
      detail: expect.stringMatching(/^This process has/),
    });
    (await account.get(`/events${last}`)).isOk();
  });
});

(isServer ? test : test.skip)(
  'a stream ends and a request that waits is a 409 when the record is replaced',
  async () => {
    const head = await headOf(reader);
    const stream = await open(`?after=${String(head)}`);
    let hasRead = false;
    const stop = listen((_, text) => (hasRead ||= text.includes('record_entry')));
    const waiting = reader.get(`/events?wait=30&after=${String(head)}`);
    await until(() => hasRead && connections().inProgress === 0);
    stop();
    const owner = await service.database.connect();
    await owner.query(`UPDATE record_head SET origin = concat('another/', gen_random_uuid())`);
    await owner.end();
    await toggle();
    (await waiting).is(409, { title: 'Conflict' });
    await stream.ended();
    expect(stream.blocks.filter(({ data }) => data !== undefined)).toEqual([]);
  },
);
