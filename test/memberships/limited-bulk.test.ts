import { fromNow } from '../support/limits.js';
import { useService } from '../support/service.js';

const service = useService();
const PATH = '/management/memberships/bulk/';
const ENDED = { validUntil: new Date(0) };

type Results = { status: string; membership?: number; errors?: Record<string, string[]> }[];

test('rows of a bulk request end by themselves, and never change the limits of a membership that exists', async () => {
  const { given, dataSource } = service;
  const { admin, hospital, member, membership, outsider, stranger } = await given.hospital();
  const until = await fromNow(dataSource, '1 month');
  const [ended, removed, limited, wrong] = [
    await given.medic(),
    await given.medic(),
    await given.medic(),
    await given.medic(),
  ];
  const endedId = await given.membership(ended, hospital, ENDED);
  const removedId = await given.membership(removed, hospital, { ...ENDED, isDeleted: true });
  const limitedId = (await admin.addMember(hospital, limited, { valid_until: until })).body<{ id: number }>().id;
  const failed = (field: string, id?: number) => ({
    status: 'failed',
    ...(id === undefined ? {} : { membership: id }),
    errors: { [field]: [expect.any(String) as string] },
  });
  const memberships = [
    { medic: outsider.id, valid_until: until },
    { medic: stranger.id, valid_until: null },
    { medic: member.id, valid_until: until },
    { medic: ended.id },
    { medic: removed.id, restore: true },
    { medic: limited.id, valid_until: until },
    { medic: wrong.id, valid_until: '2020-01-01T00:00:00Z' },
  ];
  const { results } = (await admin.post(PATH, { hospital, memberships })).isOk().body<{ results: Results }>();
  expect(results.slice(2)).toMatchObject([
    failed('valid_until', membership),
    failed('valid_until', endedId),
    failed('valid_until', removedId),
    { status: 'unchanged', membership: limitedId },
    failed('valid_until'),
  ]);
  const [created, unlimited] = results;
  (await admin.get(`/management/memberships/${String(created?.membership)}`)).isOk({ valid_until: until });
  const plain = (await admin.get(`/management/memberships/${String(unlimited?.membership)}`)).isOk().body<object>();
  expect(plain).not.toHaveProperty('valid_until');
  const again = [{ medic: removed.id, restore: true, valid_until: until }];
  (await admin.post(PATH, { hospital, memberships: again })).isOk({ restored: 1 });
  (await admin.get(`/management/memberships/${String(removedId)}`)).isOk({ is_deleted: false, valid_until: until });
  (await admin.post(PATH, { hospital, memberships: [{ medic: wrong.id, valid_from: until }] })).isOk({ failed: 1 });
});

test('a CSV has a column valid_until', async () => {
  const { admin, hospital, outsider } = await service.given.hospital();
  const body = `medic,valid_until\n${String(outsider.id)},2999-01-01T00:00:00Z\n`;
  const options = { headers: { 'content-type': 'text/csv' }, body };
  (await admin.send('POST', `${PATH}?hospital=${String(hospital)}`, options)).isOk({ created: 1 });
  (await outsider.get('/management/memberships/')).isOk({ results: [{ valid_until: '2999-01-01T00:00:00.000000Z' }] });
});

test('a first membership by a bulk request takes the flag from one that has ended', async () => {
  const { given } = service;
  const [one, two] = [await given.hospital(), await given.hospital()];
  const flagged = await given.membership(one.outsider, two.hospital, { ...ENDED, isActive: true });
  const memberships = [{ medic: one.outsider.id }];
  (await one.admin.post(PATH, { hospital: one.hospital, memberships })).isOk({ created: 1 });
  (await one.outsider.get('/medics/me/')).isOk({ hospital: one.hospital });
  expect(await given.rowOf(flagged)).toMatchObject({ isActive: false });
});
