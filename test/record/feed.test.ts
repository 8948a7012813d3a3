import { HTTP, type CloudEvent } from 'cloudevents';
import { Sequencer } from '../../src/record/sequencer.js';
import type { Entry } from '../../src/record/entry.js';
import type { HospitalScene } from '../support/given.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { headOf, storedBodies, type Feed } from './feed.js';

const service = useService();
const BATCH = 'application/cloudevents-batch+json';
let scene: HospitalScene;
let reader: ServiceActor;

beforeAll(async () => {
  scene = await service.given.hospital();
  reader = await givenService(service, 'event:read');
});

const get = async (query = '') => (await reader.get(`/events${query}`)).isOk().body<Feed>();
const change = (type: 'ADMIN' | 'MEMBER') =>
  scene.admin.patch(`/management/memberships/${String(scene.membership)}/`, { type_membership: type });
const toggle = (id = scene.hospital) =>
  service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [id]);

describe('without the background process', () => {
  beforeAll(() => service.app.get(Sequencer).onApplicationShutdown());

  test('without the background process, the feed contains the entry of every change that was committed before the request', async () => {
    const before = await headOf(reader);
    (await change('ADMIN')).isCreated();
    const { data, next, head } = await get(`?after=${String(before)}`);
    expect(data).toMatchObject([{ position: before + 1, type: 'membership.changed', membership: scene.membership }]);
    expect([next, head]).toEqual([before + 1, before + 1]);
    (await change('MEMBER')).isCreated();
    expect(await get(`?after=${String(head)}`)).toMatchObject({ next: head + 1, head: head + 1 });
  });

  test('without the background process, pages contain every position once, byte for byte as the record stores it', async () => {
    const head = await headOf(reader);
    const texts: string[] = [];
    let after = 0;
    while (after < head) {
      const answer = (await reader.get(`/events?after=${String(after)}&limit=3`)).isOk();
      const { data, next } = answer.body<Feed>();
      expect([data.length <= 3, next]).toEqual([true, data.at(-1)?.position]);
      texts.push(/^\{"data":\[(.*)\],"next":\d+,"head":\d+\}$/s.exec(answer.text)?.[1] ?? '');
      after = next;
    }
    expect(texts.join(',')).toBe((await storedBodies(service)).join(','));
    expect(await get(`?after=${String(head)}`)).toEqual({ data: [], next: head, head });
  });

  test('without the background process, filters select by type, hospital and medic, and next is the last position examined', async () => {
    const head = await headOf(reader);
    const all = (await get('?limit=1000')).data as unknown as Entry[];
    const expectFilter = async (query: string, matches: (entry: Entry) => boolean) => {
      const { data, next } = await get(`?limit=1000&${query}`);
      expect(data).toEqual(all.filter(matches));
      expect([data.length > 0, data.length < all.length, next]).toEqual([true, true, head]);
    };
    const { hospital, member } = scene;
    await expectFilter('type=membership.created', ({ type }) => type === 'membership.created');
    await expectFilter('type=medic.created&type=hospital.created', ({ type }) => /^(medic|hospital)\./.test(type));
    await expectFilter(`hospital=${String(hospital)}`, (entry) => entry.hospital === hospital);
    await expectFilter(`medic=${String(member.id)}`, (entry) => entry.medic === member.id);
    const first = await get('?limit=1&type=membership.created');
    expect(first.next).toBe(first.data[0]?.position);
  });
});

test.each(['-1', 'x', '1.5', '0x1', '1e3', '%00', '99999999999999999999', '1&after=2'])(
  'the position %s is a 400 that names the head',
  async (after) => {
    const head = await headOf(reader);
    const answer = (await reader.get(`/events?after=${after}`)).is(400, { title: 'Bad Request', head });
    expect(Object.keys(answer.body<{ errors: object }>().errors)).toEqual(['after']);
  },
);

test('a position beyond the head is a 400 that names the head, also for a stream and a request that waits', async () => {
  const head = await headOf(reader);
  const beyond = `/events?wait=30&after=${String(head + 1)}`;
  (await reader.get(beyond)).is(400, { head });
  (await reader.get(beyond, { headers: { accept: 'text/event-stream' } })).is(400, { head });
  for (const id of [String(head + 1), '-1', 'x']) {
    const headers = { accept: 'text/event-stream', 'last-event-id': id };
    (await reader.get('/events', { headers })).is(400, { head, errors: { 'Last-Event-ID': [expect.any(String)] } });
  }
});

test.each(['limit=0', 'limit=-1', 'wait=31', 'wait=-1', 'wait=x', 'type=membership', 'hospital=0', 'medic=x', 'id=7'])(
  'the parameter %s is a 400 that names it',
  async (query) => {
    const answer = (await reader.get(`/events?after=1&${query}`)).is(400);
    expect(Object.keys(answer.body<{ errors: object }>().errors)).toEqual([query.split('=')[0]]);
  },
);

test('a limit over 1000 is lowered, and empty parameters count as absent', async () => {
  await service.given.crowd(scene.hospital, 600);
  const all = await get('?limit=5000&after=&type=&id=&wait=');
  expect(all.data.map(({ position }) => position)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  expect((await get()).data).toHaveLength(100);
});

test('a reader that sends the id of its last entry gets a 409 if the entry there is another one', async () => {
  const { data } = await get('?limit=2');
  const [first, second] = data.map(({ id }) => id) as [string, string];
  expect((await get(`?after=1&limit=1&id=${first}`)).data).toEqual(data.slice(1));
  expect((await get(`?after=1&limit=1&id=${first.toUpperCase()}`)).data).toEqual(data.slice(1));
  (await reader.get(`/events?after=1&id=${second}`)).is(409, { title: 'Conflict' });
  const stream = { headers: { accept: 'text/event-stream', 'last-event-id': '2' } };
  (await reader.get(`/events?after=1&id=${second}`, stream)).is(409);
  (await reader.get(`/events?id=${first}`)).is(400);
});

describe('a request that waits', () => {
  test('a request that waits gets the next entry as soon as there is one, from another process or SQL typed by hand too', async () => {
    const head = await headOf(reader);
    const waiting = get(`?wait=30&after=${String(head)}`);
    const filtered = get(`?wait=30&after=${String(head)}&type=hospital.deactivated`);
    (await change('ADMIN')).isCreated();
    expect((await waiting).data).toMatchObject([{ position: head + 1 }]);
    await toggle();
    expect(await filtered).toMatchObject({ data: [{ position: head + 2, type: 'hospital.deactivated' }] });
    await toggle();
  });

  test('a request that waits gets no entry and the positions examined once its time is over', async () => {
    const head = await headOf(reader);
    const waiting = get(`?wait=1&after=${String(head)}&hospital=2147483647`);
    (await change('MEMBER')).isCreated();
    expect(await waiting).toEqual({ data: [], next: head + 1, head: head + 1 });
  });

  test('a request that waits gets its response at once if there is something, or if only the headers are asked for', async () => {
    expect((await get('?wait=30&limit=1')).data).toHaveLength(1);
    const head = await headOf(reader);
    (await reader.send('HEAD', `/events?wait=30&after=${String(head)}`)).isOk();
    const headers = { accept: 'text/event-stream' };
    const answer = (await reader.send('HEAD', '/events', { headers })).isOk();
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  });
});

describe('a batch of CloudEvents', () => {
  test('a batch of CloudEvents is read by the package cloudevents, with the entry as data', async () => {
    const answer = (await reader.get('/events?limit=50', { headers: { accept: BATCH } })).isOk();
    const events = HTTP.toEvent({
      headers: { 'content-type': answer.headers.get('content-type') ?? '' },
      body: answer.text,
    }) as CloudEvent<Entry>[];
    const { data } = await get('?limit=50');
    expect(events.map((event) => event.data)).toEqual(data);
    const [{ origin } = { origin: '' }] = await service.dataSource.query<{ origin: string }[]>(
      'SELECT origin FROM record_head',
    );
    for (const { data: entry, ...event } of events) {
      const sequence = String(entry?.position).padStart(20, '0');
      expect(event).toMatchObject({ id: entry?.id, type: entry?.type, source: origin, sequence, specversion: '1.0' });
    }
    expect(answer.text).toContain(`"data":${(await storedBodies(service))[0] ?? '?'}}`);
    const subjects = events.map(({ subject = '' }) => /^([a-z]+)\/[1-9]\d*$/.exec(subject)?.[1]);
    expect(subjects).toEqual(data.map(({ type }) => type.split('.')[0]));
    expect(new Set(subjects).size).toBeGreaterThan(3);
  });

  test('a batch of CloudEvents links to the next one, with the filters and the id of the last entry', async () => {
    const positions: number[] = [];
    let url = `${service.client.url}/events?limit=400&type=membership.created&type=medic.created`;
    for (let page = 0; page < 4; page += 1) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${reader.key}`, accept: BATCH } });
      expect(response.status).toBe(200);
      positions.push(...((await response.json()) as { sequence: string }[]).map(({ sequence }) => Number(sequence)));
      url = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
    }
    const all = await get('?limit=1000');
    const matching = all.data.filter(({ type }) => ['membership.created', 'medic.created'].includes(type));
    expect(positions.slice(0, matching.length)).toEqual(matching.map(({ position }) => position));
    expect(new Set(positions).size).toBe(positions.length);
  });
});

test('the representation follows Accept with its weights; any other is a 406', async () => {
  const typeOf = async (accept: string) =>
    (await reader.get('/events?limit=1', { headers: { accept } })).isOk().headers.get('content-type');
  expect(await typeOf('*/*')).toBe('application/json; charset=utf-8');
  expect(await typeOf('application/*')).toBe('application/json; charset=utf-8');
  expect(await typeOf(`application/json;q=0.5, ${BATCH};charset=utf-8`)).toBe(`${BATCH}; charset=utf-8`);
  (await reader.get('/events', { headers: { accept: 'text/html' } })).is(406, { title: 'Not Acceptable' });
});

test('errors are problem details, also for a method that the path lacks', async () => {
  const answer = await reader.send('POST', '/events', { body: {} });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([405, 'application/problem+json']);
});
