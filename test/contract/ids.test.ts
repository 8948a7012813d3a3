import type { Actor } from '../support/actor.js';
import type { Answer } from '../support/answer.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

const TABLES = ['medic', 'api_token', 'hospital', 'membership'];

/** @returns how many ids of each table have been given */
async function given(): Promise<object> {
  const counts = TABLES.map((table) => `(SELECT last_value FROM ${table}_id_seq) AS ${table}`);
  const [row] = await service.dataSource.query<[object]>(`SELECT ${counts.join(', ')}`);
  return row;
}

describe('A creation that is refused uses up no id', () => {
  test('of a membership', async () => {
    const { hospital, admin, member, membership, outsider } = await service.given.hospital();
    const removed = await service.given.medic();
    await service.given.membership(removed, hospital, { isDeleted: true });
    const before = await given();
    (await admin.addMember(hospital, member)).is(409, { membership });
    (await admin.addMember(hospital, member, { is_active: true })).is(409, { membership });
    (await admin.addMember(hospital, removed)).is(409);
    (await outsider.addMember(hospital, outsider)).isRefused('Unauthorized Medic');
    (await admin.addMember(hospital, { ...outsider, id: 2147483647 } as typeof outsider)).isInvalid('medic');
    expect(await given()).toEqual(before);
  });

  test('of a medic', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    const before = await given();
    for (const extra of [{ email: member.email }, { email: member.email.toUpperCase(), hospital }])
      (await admin.post('/medics/', medicBody(extra))).isInvalid('email');
    (await member.post('/medics/', medicBody({ hospital }))).is(400);
    expect(await given()).toEqual(before);
  });

  test('of a hospital', async () => {
    const { admin } = await service.given.hospital();
    const before = await given();
    (await admin.post('/hospital/', { ...HOSPITAL, name: '' })).isInvalid('name');
    const form = new FormData();
    for (const [field, value] of Object.entries(HOSPITAL)) form.set(field, value);
    form.set('picture', new Blob(['no picture']), 'picture.jpg');
    (await admin.post('/hospital/', form)).isInvalid('picture');
    expect(await given()).toEqual(before);
  });
});

describe('When the ids of a table are used up', () => {
  const use = (table: string, next: number) =>
    service.dataSource.query(`ALTER TABLE ${table} ALTER id RESTART WITH ${String(next)}`);
  const linesSince = (start: number) =>
    service.log
      .slice(start)
      .map((line) => JSON.parse(line) as { level: number; msg: string; sequence?: string })
      .filter(({ level }) => level >= 40);

  test.each(TABLES)(
    'of %s, the last one is given, and then a creation is a 503 that the log explains',
    async (table) => {
      const { hospital, admin, member, membership, outsider } = await service.given.hospital();
      const another = await service.given.medic();
      const create = (medic: Actor): Promise<Answer> => {
        if (table === 'hospital') return admin.post('/hospital/', HOSPITAL);
        return table === 'membership' ? admin.addMember(hospital, medic) : admin.post('/medics/', medicBody());
      };
      const [{ next }] = await service.dataSource.query<[{ next: number }]>(`SELECT max(id) + 1 AS next FROM ${table}`);
      await use(table, 2147483647);
      try {
        (await create(outsider)).isCreated();
        const start = service.log.length;
        const answer = (await create(another)).isError(503, /tell the operator/);
        expect(answer.headers.get('retry-after')).toBe('1');
        expect(linesSince(start)).toMatchObject([{ level: 50, msg: 'no ids left', sequence: `${table}_id_seq` }]);
        (await admin.addMember(hospital, member)).is(409, { membership });
        (await admin.post('/medics/', medicBody({ email: member.email }))).isInvalid('email');
        (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
      } finally {
        await use(table, next);
      }
    },
  );
});
