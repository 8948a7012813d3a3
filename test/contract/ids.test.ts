import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

const TABLES = ['medic', 'api_token', 'hospital', 'membership'];

/** @returns the last id of each table */
async function lastIds(): Promise<object> {
  const counts = TABLES.map((table) => `(SELECT last_value FROM ${table}_id_seq) AS ${table}`);
  const [row] = await service.dataSource.query<[object]>(`SELECT ${counts.join(', ')}`);
  return row;
}

describe('a refused creation uses no id', () => {
  test('a refused creation of a membership uses no id', async () => {
    const { hospital, admin, member, membership, outsider } = await service.given.hospital();
    const removed = await service.given.medic();
    await service.given.membership(removed, hospital, { isDeleted: true });
    const before = await lastIds();
    (await admin.addMember(hospital, member)).is(409, { membership });
    (await admin.addMember(hospital, member, { is_active: true })).is(409, { membership });
    (await admin.addMember(hospital, removed)).is(409);
    (await outsider.addMember(hospital, outsider)).isRefused('Unauthorized Medic');
    (await admin.addMember(hospital, { ...outsider, id: 2147483647 } as typeof outsider)).isInvalid('medic');
    expect(await lastIds()).toEqual(before);
  });

  test('a refused creation of a medic uses no id', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    const before = await lastIds();
    for (const extra of [{ email: member.email }, { email: member.email.toUpperCase(), hospital }])
      (await admin.post('/medics/', medicBody(extra))).isInvalid('email');
    (await member.post('/medics/', medicBody({ hospital }))).is(400);
    expect(await lastIds()).toEqual(before);
  });

  test('a refused creation of a hospital uses no id', async () => {
    const { admin } = await service.given.hospital();
    const before = await lastIds();
    (await admin.post('/hospital/', { ...HOSPITAL, name: '' })).isInvalid('name');
    const form = new FormData();
    for (const [field, value] of Object.entries(HOSPITAL)) form.set(field, value);
    form.set('picture', new Blob(['no picture']), 'picture.jpg');
    (await admin.post('/hospital/', form)).isInvalid('picture');
    expect(await lastIds()).toEqual(before);
  });
});

describe('a table that has run out of ids', () => {
  const use = (table: string, next: number) =>
    service.dataSource.query(`ALTER TABLE ${table} ALTER id RESTART WITH ${String(next)}`);
  const linesSince = (start: number) =>
    service.log
      .slice(start)
      .map((line) => JSON.parse(line) as { level: number; msg: string; sequence?: string })
      .filter(({ level }) => level >= 40);

  test.each(TABLES)('after the last id of %s a creation is a 503 that the log explains', async (table) => {
    const { hospital, admin, member, membership, outsider } = await service.given.hospital();
    const another = await service.given.medic();
    const create = (medic: Actor): Promise<CheckedResponse> => {
      if (table === 'hospital') return admin.post('/hospital/', HOSPITAL);
      return table === 'membership' ? admin.addMember(hospital, medic) : admin.post('/medics/', medicBody());
    };
    const [{ next }] = await service.dataSource.query<[{ next: number }]>(`SELECT max(id) + 1 AS next FROM ${table}`);
    await use(table, 2147483647);
    try {
      (await create(outsider)).isCreated();
      const start = service.log.length;
      const response = (await create(another)).isError(503, /contact its operator/);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(linesSince(start)).toMatchObject([{ level: 50, msg: 'no ids left', sequence: `${table}_id_seq` }]);
      (await admin.addMember(hospital, member)).is(409, { membership });
      (await admin.post('/medics/', medicBody({ email: member.email }))).isInvalid('email');
      (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    } finally {
      await use(table, next);
    }
  });
});
