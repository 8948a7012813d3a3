import { castOf, NOT_ADMINS } from '../support/actors.js';
import { refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();
const PATH = '/locations/update/';

/** @returns a medic with two hospitals, the first active */
async function medicOfTwo() {
  const { given } = service;
  const medic = await given.medic();
  const [first, second] = [await given.emptyHospital(), await given.emptyHospital()];
  const active = await given.membership(medic, first, { isActive: true });
  const other = await given.membership(medic, second);
  return { medic, first, second, active, other };
}

describe('PATCH /locations/update/', () => {
  refusesBadKeys(service, 'PATCH', async () => {
    const { medic, second } = await medicOfTwo();
    return { actor: medic, path: PATH, body: { hospital_id: second } };
  });

  test.each([PATH, '/locations/update'])("PATCH %s makes the hospital the caller's only active one", async (path) => {
    const { medic, first, second, active, other } = await medicOfTwo();
    const answer = (await medic.patch(path, { hospital_id: second })).isOk();
    expect(answer.json).toEqual({ message: 'Hospital updated successfully' });
    (await medic.get('/locations/')).isOk([
      { hospital: { id: second }, default: true },
      { hospital: { id: first }, default: false },
    ]);
    (await medic.get(`/management/memberships/${String(active)}`)).isOk({ is_active: false });
    (await medic.get(`/management/memberships/${String(other)}`)).isOk({ is_active: true });
    (await medic.get(`/medics/${String(medic.id)}`)).isOk({ hospital: second });
  });

  test('PATCH accepts forms, and ids as digits', async () => {
    const { medic, first, second } = await medicOfTwo();
    (await medic.patch(PATH, { hospital_id: String(second) })).isOk();
    (await medic.get('/locations/')).isOk([{ hospital: { id: second } }, { hospital: { id: first } }]);
    (await medic.patch(PATH, new URLSearchParams({ hospital_id: String(first) }))).isOk();
    (await medic.get('/locations/')).isOk([{ hospital: { id: first } }, { hospital: { id: second } }]);
  });

  test('the active hospital can be chosen again', async () => {
    const { medic, first } = await medicOfTwo();
    const before = await service.client.rows();
    (await medic.patch(PATH, { hospital_id: first })).isOk({ message: 'Hospital updated successfully' });
    expect(await service.client.rows()).toBe(before);
  });

  test("choosing a hospital leaves other medics' choices and the caller's deleted memberships alone", async () => {
    const { given } = service;
    const { medic, second, active } = await medicOfTwo();
    const deleted = await given.membership(medic, await given.emptyHospital(), { isActive: true, isDeleted: true });
    const colleague = await given.membership(await given.medic(), second, { isActive: true });
    (await medic.patch(PATH, { hospital_id: second })).isOk();
    expect(await given.rowOf(deleted)).toMatchObject({ isActive: true, isDeleted: true });
    expect(await given.rowOf(colleague)).toMatchObject({ isActive: true });
    expect(await given.rowOf(active)).toMatchObject({ isActive: false });
  });

  test.each(['admin', 'member', 'formerAdmin'] as const)(
    'a live membership of any type is enough to choose the hospital: %s',
    async (who) => {
      const cast = await castOf(service);
      (await cast[who].patch(PATH, { hospital_id: cast.hospital })).isOk();
    },
  );

  test.each(NOT_ADMINS.slice(2))('the hospital is a 404 for %s', async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].patch(PATH, { hospital_id: cast.hospital })).isNotFound('Hospital not found');
  });

  test('an unknown hospital is a 404', async () => {
    const { medic } = await medicOfTwo();
    (await medic.patch(PATH, { hospital_id: 2147483647 })).isNotFound('Hospital not found');
  });

  test('hospital_id is required', async () => {
    const { medic } = await medicOfTwo();
    (await medic.patch(PATH, {})).isInvalid('hospital_id');
    (await medic.patch(PATH)).isInvalid('hospital_id');
  });

  test.each<[unknown]>([[null], [0], [-1], ['x'], [''], [1.5], [2147483648], [true], [[1]], [{ id: 1 }]])(
    'hospital_id %j is rejected as an invalid id',
    async (hospital_id) => {
      const { medic } = await medicOfTwo();
      (await medic.patch(PATH, { hospital_id })).isInvalid('hospital_id');
    },
  );

  test('PATCH rejects an unknown field', async () => {
    const { medic, second } = await medicOfTwo();
    (await medic.patch(PATH, { hospital_id: second, hospital: second })).isInvalid('hospital');
  });
});
