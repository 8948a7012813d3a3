import { useService } from '../support/service.js';

const service = useService();

/** Headers that the public client library of the mirrored API sends with every request, including GETs. */
const HEADERS = { accept: 'application/json', 'content-type': 'application/json' };

describe('a client of the mirrored API works without changes', () => {
  test('an unmodified client of the mirrored API lists, creates, reads and changes hospitals', async () => {
    const account = await service.given.medic();
    const options = { headers: HEADERS };
    const created = (
      await account.post('/hospital/', { name: 'H', patron: 'H', location: 'L', contact: 'C', page_size: 1 }, options)
    ).isCreated({ is_admin: true, page_size: true });
    const path = `/hospital/${String(created.body()['id'])}/`;
    (await account.get('/hospital/', options)).isOk({ count: 1, results: [{ id: created.body()['id'] }] });
    (await account.get(path, options)).isOk(created.json);
    (await account.patch(path, { headline: '24 h' }, options)).isCreated({ headline: '24 h' });
    (await account.patch(path, undefined, options)).isCreated({ headline: '24 h' });
  });

  test('an unmodified client of the mirrored API lists, creates, reads and changes medics', async () => {
    const account = await service.given.medic();
    const options = { headers: HEADERS };
    const medic = { name: 'Ana', email: 'ana@clients.example.org', password: 'a long password', cedula_prof: 12345678 };
    const created = (await account.post('/medics/', medic, options)).isCreated({ cedula_prof: '12345678' });
    const path = `/medics/${String(created.body()['id'])}/`;
    (await account.get('/medics/?created_filter=true', options)).isOk({ count: 1, results: [{ name: 'Ana' }] });
    (await account.get(path, options)).isOk({ email: medic.email });
    (await account.patch(path, { specialty: 'Cardiología' }, options)).is(202, { specialty: 'Cardiología' });
    (await account.patch(path, undefined, options)).is(202, { specialty: 'Cardiología' });
    (await account.patch(path, '', options)).is(202, { specialty: 'Cardiología' });
  });

  test("an unmodified client of the mirrored API lists a hospital's memberships and sends an empty change", async () => {
    const { hospital, admin, adminship, membership } = await service.given.hospital();
    const options = { headers: HEADERS };
    const list = (await admin.get(`/memberships/${String(hospital)}`, options)).isOk();
    expect((list.json as { id: number }[]).map(({ id }) => id)).toEqual([membership, adminship]);
    (await admin.patch(`/management/memberships/${String(membership)}/`, undefined, options)).isCreated();
  });
});
