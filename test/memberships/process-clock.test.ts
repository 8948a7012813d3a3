import { answerTo, question } from '../decisions/decisions.js';
import { allEntries } from '../record/entries.js';
import { HOSPITAL } from '../support/bodies.js';
import { fromNow, givenLimited } from '../support/limits.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { until } from '../support/until.js';

const service = useService();
const PATH = '/management/memberships/';
const YEAR_MS = 365 * 24 * 3_600_000;

/** The database's clock, moved by an interval. */
const at = (interval: string) => fromNow(service.dataSource, interval);

// The embedded database runs in the process and has no other clock.
(isServer ? describe : describe.skip).each([
  ['ahead', YEAR_MS],
  ['behind', -YEAR_MS],
])('While the clock of the process is a year %s', (_, shift) => {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + shift });
  });
  afterAll(() => {
    vi.useRealTimers();
  });

  test.each([
    ['has neither started nor ended', { from: '1 hour', until: '2 hours' }, false],
    ['has started and not ended', { from: '-1 hour', until: '1 hour' }, true],
    ['has ended', { from: '-2 hours', until: '-1 hour' }, false],
  ])('a membership that %s by the clock of the database counts as that', async (__, limits, isLive) => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const { id } = await givenLimited(service.dataSource, outsider, hospital, limits);
    const asker = await givenService(service);
    expect((await answerTo(asker, question(outsider.id, hospital))).decision).toBe(isLive);
    (await outsider.get(PATH)).isOk({ count: isLive ? 1 : 0 });
    (await outsider.get('/medics/me/')).isOk({ hospital: isLive ? hospital : null });
    const others = (await admin.get(`/memberships/${String(hospital)}?in_force=false`)).isOk().body<{ id: number }[]>();
    expect(others.map((other) => other.id)).toEqual(isLive ? [] : [id]);
  });

  test('an end is in the past by the clock of the database', async () => {
    const { hospital, admin, membership, outsider, stranger } = await service.given.hospital();
    for (const valid_until of [await at('-1 minute'), await at('-2 hours')]) {
      (await admin.addMember(hospital, outsider, { valid_until })).isInvalid('valid_until');
      (await admin.changeMembership(membership, { valid_until })).isInvalid('valid_until');
      const memberships = [{ medic: outsider.id, valid_until }];
      (await admin.post(`${PATH}bulk/`, { hospital, memberships })).isOk({ failed: 1 });
    }
    const valid_until = await at('1 minute');
    (await admin.addMember(hospital, outsider, { valid_until })).isCreated();
    (await admin.changeMembership(membership, { valid_until })).isCreated({ valid_until });
    const memberships = [{ medic: stranger.id, valid_until }];
    (await admin.post(`${PATH}bulk/`, { hospital, memberships })).isOk({ created: 1 });
  });

  test('an end is recorded once, when the clock of the database has passed it', async () => {
    const { hospital, outsider } = await service.given.hospital();
    const { id, until: end } = await givenLimited(service.dataSource, outsider, hospital, {
      until: '300 milliseconds',
    });
    const entries = async () => (await allEntries(service.dataSource)).filter(({ membership }) => membership === id);
    await until(async () => (await entries()).length === 2);
    expect((await entries())[1]).toMatchObject({ type: 'membership.ended', effective: end });
  });

  test('a past instant is one by the clock of the database', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    const [now, later] = [await at('0'), await at('1 hour')];
    const asker = await givenService(service);
    expect((await answerTo(asker, question(member.id, hospital, 'prescribe', { as_of: now }))).decision).toBe(true);
    (await admin.get(`/memberships/${String(hospital)}?at=${now}`)).isOk();
    (await admin.get(`/memberships/${String(hospital)}?at=${later}`)).isInvalid('at');
  });

  test('a response is replayed', async () => {
    const medic = await service.given.medic();
    const headers = { 'idempotency-key': 'order-17' };
    const first = (await medic.post('/hospital/', HOSPITAL, { headers })).isCreated();
    const again = (await medic.post('/hospital/', HOSPITAL, { headers })).isCreated();
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
  });
});
