import { setTimeout as sleep } from 'node:timers/promises';
import { Reads } from '../../src/database/reads.js';
import { IS_DUE, MembershipClock } from '../../src/record/membership-clock.js';
import { answerTo, question } from '../decisions/decisions.js';
import { figure } from '../support/figure.js';
import { byHand, valueOf } from '../support/hand.js';
import { fromNow, givenLimited, passing } from '../support/limits.js';
import { hospitalPath, idsOf, pastOf } from '../support/past.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { until } from '../support/until.js';
import { allEntries, expectSound } from './entries.js';
import type { Page } from './history.js';

const service = useService();
const { list } = pastOf(service);
/** A write after which entries of the clock may follow at any time. */
const BESIDE_CLOCK = { concurrent: true };
const CLOCK = { type: 'clock' };

const entriesAbout = async (membership: number) =>
  (await allEntries(service.dataSource)).filter((entry) => entry.membership === membership);
const typesOf = async (membership: number) => (await entriesAbout(membership)).map(({ type }) => type);

/** @returns an outsider's membership with limits relative to now, and the people around it */
async function limited(start: string | null, end: string | null) {
  const scene = await service.given.hospital();
  const {
    id,
    from,
    until: to,
  } = await givenLimited(service.dataSource, scene.outsider, scene.hospital, {
    from: start,
    until: end,
  });
  return { ...scene, id, from: from ?? '', to: to ?? '' };
}

async function withoutClock(work: () => Promise<void>): Promise<void> {
  const clock = service.app.get(MembershipClock);
  await clock.onApplicationShutdown();
  try {
    await work();
  } finally {
    clock.onApplicationBootstrap();
  }
}

describe('membership.started and membership.ended', () => {
  test('a start and an end each leave one entry of the clock, with the instant', async () => {
    const { id, from, to, admin, hospital, outsider } = await limited('300 milliseconds', '600 milliseconds');
    await until(async () => (await entriesAbout(id)).length === 3);
    const [created, started, ended] = await entriesAbout(id);
    expect(created).not.toHaveProperty('effective');
    const common = { membership: id, medic: outsider.id, hospital, actor: CLOCK, request: null };
    const state = { type_membership: 'MEMBER', is_active: true, is_deleted: false, valid_from: from, valid_until: to };
    const states = { before: state, after: state };
    expect(started).toMatchObject({ ...common, ...states, type: 'membership.started', effective: from });
    expect(ended).toMatchObject({ ...common, ...states, type: 'membership.ended', effective: to });
    expect((started?.at ?? '') > from && (ended?.at ?? '') > to).toBe(true);
    expect(Object.keys(ended ?? {}).slice(0, 5)).toEqual(['position', 'id', 'at', 'effective', 'type']);
    const history = (await admin.get(`${hospitalPath(hospital)}/history/?type=membership.ended`)).isOk().body<Page>();
    expect(history.results).toEqual([
      expect.objectContaining({ type: 'membership.ended', effective: to, actor: CLOCK }),
    ]);
    await expectSound(service.dataSource);
  });

  test('a decision names the entry of the start once it is written', async () => {
    const { id, hospital, outsider } = await limited('200 milliseconds', null);
    const started = await until(async () => (await entriesAbout(id)).find(({ type }) => type === 'membership.started'));
    const asker = await givenService(service);
    expect(await answerTo(asker, question(outsider.id, hospital))).toMatchObject({
      decision: true,
      context: { entry: started.id },
    });
  });

  test('several processes write each entry once', async () => {
    const clocks = [1, 2, 3].map(() => new MembershipClock(service.dataSource, service.app.get(Reads)));
    for (const clock of clocks) clock.onApplicationBootstrap();
    const { id } = await limited(null, '300 milliseconds');
    await until(async () => (await typesOf(id)).includes('membership.ended'));
    for (const clock of clocks) await clock.onApplicationShutdown();
    expect(await typesOf(id)).toEqual(['membership.created', 'membership.ended']);
  });

  test('a process looks for starts and ends once a second', async () => {
    await withoutClock(async () => {
      const { id, to } = await limited(null, '100 milliseconds');
      await passing(service.dataSource, to);
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const clock = new MembershipClock(service.dataSource, service.app.get(Reads));
      try {
        clock.onApplicationBootstrap();
        const looks = vi.spyOn(service.app.get(Reads), 'query');
        vi.advanceTimersByTime(999);
        expect(looks).not.toHaveBeenCalledWith(IS_DUE);
        looks.mockRestore();
        vi.advanceTimersByTime(1);
        await until(async () => (await typesOf(id)).includes('membership.ended'));
      } finally {
        await clock.onApplicationShutdown();
        vi.useRealTimers();
      }
    });
  });

  // The embedded database has one connection.
  (isServer ? test : test.skip)('an end whose row somebody else has locked delays no other entry', async () => {
    const clock = new MembershipClock(service.dataSource, service.app.get(Reads));
    const holder = await service.database.connect();
    try {
      await withoutClock(async () => {
        const [locked, other] = [await limited(null, '100 milliseconds'), await limited(null, '200 milliseconds')];
        await holder.query('BEGIN');
        await holder.query('SELECT FROM membership WHERE id = $1 FOR NO KEY UPDATE', [locked.id]);
        clock.onApplicationBootstrap();
        await until(async () => (await typesOf(other.id)).includes('membership.ended'));
        expect(await typesOf(locked.id)).toEqual(['membership.created']);
        await holder.query('ROLLBACK');
        await until(async () => (await typesOf(locked.id)).includes('membership.ended'));
      });
    } finally {
      await clock.onApplicationShutdown();
      await holder.end();
    }
  });
});

describe('A change after a start or an end', () => {
  test.each<[string, object, string[]]>([
    ['the end comes before a later end', { valid_until: null }, ['membership.ended', 'membership.changed']],
    ['the end comes before the removal', { is_deleted: true }, ['membership.ended', 'membership.removed']],
  ])('%s', async (_, change, types) => {
    await withoutClock(async () => {
      const { admin, id, to } = await limited(null, '200 milliseconds');
      await passing(service.dataSource, to);
      (await admin.changeMembership(id, change, BESIDE_CLOCK)).isCreated();
      const entries = await entriesAbout(id);
      expect(entries.map(({ type }) => type)).toEqual(['membership.created', ...types]);
      expect(entries[1]).toMatchObject({ effective: to, actor: CLOCK });
      expect(entries[2]).toMatchObject({ actor: { type: 'medic', id: admin.id } });
    });
    await expectSound(service.dataSource);
  });

  test('a start and an end that have both passed come in their order, before a DELETE by hand', async () => {
    await withoutClock(async () => {
      const { id, to } = await limited('100 milliseconds', '200 milliseconds');
      await passing(service.dataSource, to);
      await byHand(service.dataSource, 'DELETE FROM membership WHERE id = $1', [id]);
      expect(await typesOf(id)).toEqual([
        'membership.created',
        'membership.started',
        'membership.ended',
        'membership.deleted',
      ]);
    });
    await expectSound(service.dataSource);
  });

  test('a removed membership neither starts nor ends', async () => {
    const { id, to } = await limited(null, '2 seconds');
    await byHand(service.dataSource, 'UPDATE membership SET is_deleted = true WHERE id = $1', [id]);
    await passing(service.dataSource, to);
    const due = 'SELECT due_at AS value FROM membership WHERE id = $1';
    expect(await valueOf(service.dataSource, due, [id])).toBeNull();
    await byHand(service.dataSource, 'UPDATE membership SET due_at = now() WHERE id = $1', [id]);
    expect(await valueOf(service.dataSource, due, [id])).toBeNull();
    expect(await typesOf(id)).toEqual(['membership.created', 'membership.removed']);
  });

  test('a change of the limits alone is membership.changed', async () => {
    const { admin, id, to } = await limited(null, '1 year');
    (await admin.changeMembership(id, { valid_until: null })).isCreated();
    const [, changed] = await entriesAbout(id);
    expect(changed?.type).toBe('membership.changed');
    expect(changed?.before).toHaveProperty('valid_until', to);
    expect(changed?.after).not.toHaveProperty('valid_until');
  });
});

describe('The past', () => {
  test('as-of answers use the instants themselves, to the microsecond, also after the limits were changed', async () => {
    const { admin, hospital, outsider, id, from, to } = await limited('300 milliseconds', '600 milliseconds');
    await passing(service.dataSource, to);
    (await admin.changeMembership(id, { valid_until: null, valid_from: null }, BESIDE_CLOCK)).isCreated();
    const asker = await givenService(service);
    const decided = async (as_of: string) =>
      (await answerTo(asker, question(outsider.id, hospital, 'prescribe', { as_of }))).decision;
    const before = (instantText: string) =>
      valueOf<string>(
        service.dataSource,
        `SELECT to_char(($1::timestamptz - interval '1 microsecond') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS value`,
        [instantText],
      );
    expect([await decided(await before(from)), await decided(from)]).toEqual([false, true]);
    expect([await decided(await before(to)), await decided(to)]).toEqual([true, false]);
    expect(await decided(await fromNow(service.dataSource))).toBe(true);
    const listed = async (instantText: string, filter: object = {}) =>
      idsOf(await list(admin, hospital, { at: instantText, ...filter })).includes(id);
    expect([await listed(await before(from)), await listed(from)]).toEqual([false, true]);
    expect([await listed(await before(to)), await listed(to)]).toEqual([true, false]);
    expect(await listed(to, { in_force: false })).toBe(true);
  });

  test('after a position a right is that of the instant of its entry', async () => {
    const { id, hospital, outsider, to } = await limited('300 milliseconds', '600 milliseconds');
    await until(async () => (await entriesAbout(id)).length === 3);
    const asker = await givenService(service);
    const answers = [];
    for (const { position } of await entriesAbout(id))
      answers.push((await answerTo(asker, question(outsider.id, hospital, 'prescribe', { position }))).decision);
    const [, started] = await entriesAbout(id);
    expect(answers).toEqual([false, (started?.at ?? '') < to, false]);
  });
});

// The last, because the tests above read every entry.
describe('Many ends', () => {
  test('5,000 ends at one instant each leave one entry', async () => {
    const hospital = await service.given.emptyHospital();
    await service.given.crowd(hospital, 5000);
    const end = `UPDATE membership SET valid_until = clock.at FROM (SELECT clock_timestamp() + interval '15 seconds' AS at OFFSET 0) clock
      WHERE hospital_id = $1`;
    await byHand(service.dataSource, end, [hospital]);
    const owed = 'SELECT count(*)::integer AS value FROM membership WHERE hospital_id = $1 AND due_at IS NOT NULL';
    // A count at every turn would delay the clock that it waits for.
    await until(
      async () => (await sleep(200, true)) && (await valueOf<number>(service.dataSource, owed, [hospital])) === 0,
    );
    const ended = (await allEntries(service.dataSource)).filter(
      (entry) => entry.hospital === hospital && entry.type === 'membership.ended',
    );
    expect(ended.length).toBe(5000);
    expect(new Set(ended.map(({ membership }) => membership)).size).toBe(5000);
    const [{ effective = '' } = {}] = ended;
    expect(ended.every((entry) => entry.effective === effective)).toBe(true);
    const last = ended.reduce((latest, { at }) => (at > latest ? at : latest), '');
    figure('milliseconds until 5,000 ends at one instant are recorded', Date.parse(last) - Date.parse(effective));
  });
});
