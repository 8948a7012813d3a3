import { fromNow, passing } from '../support/limits.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { add, day, ENDED, flagsOf, givenMedic, givenTwo, startsOn } from './waiting.js';

const service = useService();
// Nothing but the clock of the database starts and ends memberships here.
beforeAll(() => quieten(service));

describe('A new membership that starts later', () => {
  test.each([
    ['earlier than the flagged one takes the flag', 1, [false, true]],
    ['at the same instant as the flagged one leaves it the flag', 2, [true, false]],
    ['later than the flagged one leaves it the flag', 3, [true, false]],
  ])('%s', async (_, start, flags) => {
    const { medic, one, two } = await givenMedic(service);
    const first = await add(one, medic, { valid_from: day(2) });
    const second = await add(two, medic, { valid_from: day(start) });
    expect(await flagsOf(service, first, second)).toEqual(flags);
  });

  test('gets the flag from one that has ended', async () => {
    const { medic, one, two } = await givenMedic(service);
    const ended = await service.given.membership(medic, one.hospital, { ...ENDED, isActive: true });
    const id = await add(two, medic, { valid_from: day(1) });
    expect(await flagsOf(service, ended, id)).toEqual([false, true]);
  });

  test('gets the flag beside a deleted one that keeps its own', async () => {
    const { medic, one, two } = await givenMedic(service);
    const deleted = await service.given.membership(medic, one.hospital, { isActive: true, isDeleted: true });
    const id = await add(two, medic, { valid_from: day(1) });
    expect(await flagsOf(service, deleted, id)).toEqual([true, true]);
  });

  test('gets no flag if another one without it starts earlier', async () => {
    const { medic, one, two } = await givenMedic(service);
    const other = await service.given.membership(medic, one.hospital, startsOn(1));
    const id = await add(two, medic, { valid_from: day(2) });
    expect(await flagsOf(service, other, id)).toEqual([false, false]);
  });

  test('gets the flag as the first one even if false is sent, and true is refused for a later one', async () => {
    const { medic, one, two, three } = await givenMedic(service);
    const second = await add(one, medic, { valid_from: day(2), is_active: false });
    const first = await add(two, medic, { valid_from: day(1), is_active: true });
    const third = { valid_from: day(3), is_active: true };
    (await three.admin.addMember(three.hospital, medic, third)).isConflict(/not in force/);
    expect(await flagsOf(service, second, first)).toEqual([false, true]);
  });

  test('loses the flag to one in force', async () => {
    const { medic, one, two } = await givenMedic(service);
    const waiting = await add(one, medic, { valid_from: day(1) });
    expect(await flagsOf(service, waiting)).toEqual([true]);
    expect(await flagsOf(service, waiting, await add(two, medic, {}))).toEqual([false, true]);
  });

  test('is the active one from its start on, although another was created before it', async () => {
    const { medic, one, two } = await givenMedic(service);
    const [start, end] = [
      await fromNow(service.dataSource, '2 seconds'),
      await fromNow(service.dataSource, '3 seconds'),
    ];
    const later = await add(one, medic, { valid_from: end });
    const earlier = await add(two, medic, { valid_from: start });
    await passing(service.dataSource, start);
    (await medic.get('/medics/me/')).isOk({ hospital: two.hospital });
    await passing(service.dataSource, end);
    (await medic.get('/medics/me/')).isOk({ hospital: two.hospital });
    const locations = (await medic.get('/locations/')).isOk().body<{ default: boolean }[]>();
    expect(locations.map((location) => location.default)).toEqual([true, false]);
    expect(await flagsOf(service, earlier, later)).toEqual([true, false]);
  });
});

describe('A start that is moved', () => {
  test('before that of the flagged one takes the flag', async () => {
    const { two, flagged, second } = await givenTwo(service, 2, 3);
    (await two.admin.changeMembership(second, { valid_from: day(1) })).isCreated({ is_active: true });
    expect(await flagsOf(service, flagged, second)).toEqual([false, true]);
  });

  test('to the instant of the flagged one takes the flag if its id is lower', async () => {
    const { two, one, flagged, second } = await givenTwo(service, 2, 3);
    (await two.admin.changeMembership(second, { valid_from: day(2) })).isCreated({ is_active: false });
    expect(await flagsOf(service, flagged, second)).toEqual([true, false]);
    (await two.admin.changeMembership(second, { valid_from: day(1) })).isCreated({ is_active: true });
    (await one.admin.changeMembership(flagged, { valid_from: day(1) })).isCreated({ is_active: true });
    expect(await flagsOf(service, flagged, second)).toEqual([true, false]);
  });

  test('behind others gives the flag to the one that starts first', async () => {
    const { medic, one, three, flagged, second } = await givenTwo(service, 1, 4);
    const third = await service.given.membership(medic, three.hospital, startsOn(2));
    (await one.admin.changeMembership(flagged, { valid_from: day(3) })).isCreated({ is_active: false });
    expect(await flagsOf(service, flagged, second, third)).toEqual([false, false, true]);
  });

  test.each([
    ['an earlier instant', { valid_from: '2020-01-01T00:00:00Z' }],
    ['null', { valid_from: null }],
  ])('to %s makes the membership live, and the active one', async (_, change) => {
    const { medic, one, two, flagged, second } = await givenTwo(service, 1, 2);
    (await two.admin.changeMembership(second, change)).isCreated({ is_active: true });
    expect(await flagsOf(service, flagged, second)).toEqual([false, true]);
    (await medic.get('/medics/me/')).isOk({ hospital: two.hospital });
    (await one.admin.changeMembership(flagged, change)).isCreated({ is_active: false });
  });

  test('of an ended membership to the future gets the flag if it then starts first', async () => {
    const { medic, one, two } = await givenMedic(service);
    const waiting = await service.given.membership(medic, one.hospital, { ...startsOn(2), isActive: true });
    const ended = await service.given.membership(medic, two.hospital, ENDED);
    const change = { valid_from: day(1), valid_until: day(3) };
    (await two.admin.changeMembership(ended, change)).isCreated({ is_active: true });
    expect(await flagsOf(service, waiting, ended)).toEqual([false, true]);
  });

  test('with another field sends the flag along, and no other change moves it', async () => {
    const { two, flagged, second } = await givenTwo(service, 2, 3);
    for (const change of [{}, { type_membership: 'ADMIN' }, { valid_until: day(4) }, { is_active: false }])
      (await two.admin.changeMembership(second, change)).isCreated({ is_active: false });
    (await two.admin.changeMembership(second, { is_active: true })).isConflict(/not in force/);
    const change = { valid_from: day(1), is_active: true, type_membership: 'MEMBER' };
    (await two.admin.changeMembership(second, change)).isCreated({ is_active: true });
    expect(await flagsOf(service, flagged, second)).toEqual([false, true]);
  });

  test('behind another one with is_active true is refused', async () => {
    const { one, flagged, second } = await givenTwo(service, 1, 2);
    const change = { valid_from: day(3), is_active: true };
    (await one.admin.changeMembership(flagged, change)).isConflict(/not in force/);
    expect(await flagsOf(service, flagged, second)).toEqual([true, false]);
  });
});
