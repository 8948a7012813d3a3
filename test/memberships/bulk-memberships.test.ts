import type { Actor } from '../support/actor.js';
import { castOf, NOT_ADMINS } from '../support/actors.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();
const PATH = '/management/memberships/bulk/';
const NOBODY = 2147483647;

interface Bulk {
  readonly created: number;
  readonly restored: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly results: { index: number; status: string; membership?: number; errors?: Record<string, string[]> }[];
}

async function add(admin: Actor, hospital: number, memberships: unknown[], extra: object = {}): Promise<Bulk> {
  return (await admin.post(PATH, { hospital, memberships, ...extra })).isOk().body<Bulk>();
}

const statusesOf = ({ results }: Bulk) => results.map(({ status }) => status);

describe('POST /management/memberships/bulk/', () => {
  refusesBadKeys(service, 'POST', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    return { actor: admin, path: PATH, body: { hospital, memberships: [{ medic: outsider.id }] } };
  });

  test.each(NOT_ADMINS)('%s cannot add anyone, as JSON or as CSV, not even as a dry run', async (_, who) => {
    const cast = await castOf(service);
    const medic = await service.given.medic();
    const body = { hospital: cast.hospital, memberships: [{ medic: medic.id }] };
    (await cast[who].post(PATH, body)).isRefused('Unauthorized Medic');
    (await cast[who].post(PATH, { ...body, dry_run: true })).isRefused('Unauthorized Medic');
    const csv = { headers: { 'content-type': 'text/csv' }, body: `medic\n${String(medic.id)}` };
    (await cast[who].send('POST', `${PATH}?hospital=${String(cast.hospital)}`, csv)).isRefused('Unauthorized Medic');
  });

  test('rows are created, restored, left alone or refused, each by itself and in their order', async () => {
    const { hospital, admin, adminship, member, membership, outsider, stranger } = await service.given.hospital();
    const [gone, other] = [await service.given.medic(), await service.given.medic()];
    const removed = (await admin.addMember(hospital, gone)).isCreated().body<{ id: number }>().id;
    const left = (await admin.addMember(hospital, other)).isCreated().body<{ id: number }>().id;
    for (const id of [removed, left]) (await admin.removeMembership(id)).isCreated();

    const bulk = await add(admin, hospital, [
      { medic: outsider.id },
      { email: stranger.email.toUpperCase(), type_membership: 'admin' },
      { medic: gone.id, restore: true, type_membership: 'ADMIN' },
      { medic: other.id },
      { medic: member.id },
      { medic: admin.id, type_membership: 'MEMBER' },
      { medic: NOBODY },
      { email: 'nobody@example.org' },
      { medic: 'x', type_membership: 'OWNER', surprise: 1 },
      { medic: outsider.id, email: outsider.email },
      {},
      5,
      null,
      [],
    ]);

    const [first, second] = bulk.results;
    expect(bulk).toEqual({
      created: 2,
      restored: 1,
      unchanged: 1,
      failed: 10,
      results: [
        { index: 0, status: 'created', membership: first?.membership },
        { index: 1, status: 'created', membership: second?.membership },
        { index: 2, status: 'restored', membership: removed },
        {
          index: 3,
          status: 'failed',
          membership: left,
          errors: { restore: ['The membership was removed; send "restore": true to restore it.'] },
        },
        { index: 4, status: 'unchanged', membership },
        {
          index: 5,
          status: 'failed',
          membership: adminship,
          errors: { type_membership: ['The medic is already ADMIN here; PATCH the membership.'] },
        },
        { index: 6, status: 'failed', errors: { medic: ['There is no medic with this id.'] } },
        { index: 7, status: 'failed', errors: { email: ['There is no medic with this email.'] } },
        {
          index: 8,
          status: 'failed',
          errors: {
            medic: ['Must be an id: a whole number from 1 to 2147483647.'],
            type_membership: ['Must be ADMIN or MEMBER.'],
            surprise: ['Unknown field; remove it.'],
          },
        },
        { index: 9, status: 'failed', errors: { medic: ['Name the medic by either medic or email.'] } },
        { index: 10, status: 'failed', errors: { medic: ['Name the medic by either medic or email.'] } },
        ...[11, 12, 13].map((index) => ({
          index,
          status: 'failed',
          errors: { non_field_errors: ['Must be an object.'] },
        })),
      ],
    });
    const url = (id?: number) => `/management/memberships/${String(id)}`;
    (await admin.get(url(first?.membership))).isOk({ type_membership: 'MEMBER', is_active: true, is_deleted: false });
    // The stranger works at another hospital already, and keeps that choice.
    (await admin.get(url(second?.membership))).isOk({ type_membership: 'ADMIN', is_active: false, is_deleted: false });
    (await admin.get(url(removed))).isOk({ type_membership: 'ADMIN', is_deleted: false });
    (await admin.get(url(left))).isOk({ is_deleted: true });
  });

  test('a row that is a number fails as no object, however the number is written', async () => {
    const { hospital, admin } = await service.given.hospital();
    const body = `{"hospital": ${String(hospital)}, "memberships": [5, 1.0, 1e400, -0]}`;
    const headers = { 'content-type': 'application/json' };
    const { results } = (await admin.send('POST', PATH, { headers, body })).isOk({ failed: 4 }).body<Bulk>();
    for (const { errors } of results) expect(errors).toEqual({ non_field_errors: ['Must be an object.'] });
  });

  test('rows that name the same medic, by id or by email, all fail', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const same = [{ medic: outsider.id }, { medic: stranger.id }, { email: outsider.email, type_membership: 'ADMIN' }];
    const { results } = await add(admin, hospital, same);
    const sentence = ['Several rows name this medic (0, 2); send one.'];
    expect(results[0]).toEqual({ index: 0, status: 'failed', errors: { medic: sentence } });
    expect(results[1]).toMatchObject({ status: 'created' });
    expect(results[2]).toEqual({ index: 2, status: 'failed', errors: { email: sentence } });
    (await outsider.get('/management/memberships/')).isOk({ count: 0 });
  });

  test('a dry run says what would happen and changes nothing', async () => {
    const { hospital, admin, member, outsider } = await service.given.hospital();
    const before = await service.client.rows();
    const rows = [{ medic: outsider.id }, { medic: member.id }, { medic: NOBODY }];
    const tried = await add(admin, hospital, rows, { dry_run: true });
    expect(statusesOf(tried)).toEqual(['created', 'unchanged', 'failed']);
    expect(tried.results[0]).not.toHaveProperty('membership');
    expect(await service.client.rows()).toBe(before);
    expect(statusesOf(await add(admin, hospital, rows))).toEqual(statusesOf(tried));
  });

  test('dry_run in the query is a dry run as well', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const before = await service.client.rows();
    const body = { hospital, memberships: [{ medic: outsider.id }] };
    (await admin.post(`${PATH}?dry_run=true`, body)).isOk({ created: 1 });
    (await admin.post(`${PATH}?dry_run=true`, { ...body, dry_run: false })).isOk({ created: 1 });
    (await admin.post(`${PATH}?dry_run=perhaps`, body)).isInvalid('dry_run');
    expect(await service.client.rows()).toBe(before);
    (await admin.post(`${PATH}?dry_run=false`, body)).isOk({ created: 1 });
    expect(await service.client.rows()).not.toBe(before);
  });

  test('the same upload again changes nothing', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const rows = [{ medic: outsider.id }, { email: stranger.email }];
    expect(await add(admin, hospital, rows)).toMatchObject({ created: 2 });
    const before = await service.client.rows();
    expect(await add(admin, hospital, rows)).toMatchObject({ created: 0, unchanged: 2, failed: 0 });
    expect(await service.client.rows()).toBe(before);
  });

  test('1000 medics are added by one request, and 1001 are a 400', async () => {
    const { hospital, admin } = await service.given.hospital();
    const ids = await medics(1000);
    const rows = ids.map((medic) => ({ medic }));
    (await admin.post(PATH, { hospital, memberships: [...rows, {}] })).isInvalid('memberships');
    expect(await add(admin, hospital, rows)).toMatchObject({ created: 1000, failed: 0 });
    expect(await add(admin, hospital, rows)).toMatchObject({ created: 0, unchanged: 1000 });
  });

  test.each(NO_IDS.filter((id) => id !== String(NOBODY)))('the hospital %s is a 400', async (id) => {
    const { admin, outsider } = await service.given.hospital();
    (await admin.post(PATH, { hospital: id, memberships: [{ medic: outsider.id }] })).isInvalid('hospital');
  });

  test.each([
    ['nothing', undefined],
    ['no list', { medic: 1 }],
    ['an empty list', []],
    ['text', '[]'],
    ['null', null],
  ])('memberships that are %s are a 400', async (_, memberships) => {
    const { admin, hospital } = await service.given.hospital();
    (await admin.post(PATH, { hospital, memberships })).isInvalid('memberships');
  });

  test('a form and multipart are no list', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    const form = new URLSearchParams({ hospital: String(hospital), memberships: String(outsider.id) });
    (await admin.post(PATH, form)).isInvalid('memberships');
  });
});

/** @returns the ids of new medics, who have no keys */
async function medics(count: number): Promise<number[]> {
  const rows = await service.dataSource.query<{ id: number }[]>(
    `INSERT INTO medic (name, email, email_key)
     SELECT 'Medic', 'bulk.' || n || '@example.org', 'bulk.' || n || '@example.org' FROM generate_series(1, $1::integer) n
     RETURNING id`,
    [count],
  );
  return rows.map(({ id }) => id);
}
