import type { Actor } from '../support/actor.js';
import { formOf, medicBody } from '../support/bodies.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const pathOf = ({ id }: { id: number }) => `/medics/${String(id)}`;

/**
 * @returns a MEMBER of a hospital with a creator, another medic of the same creator, and a medic whom
 * the MEMBER created
 */
async function givenMedic() {
  const { hospital, ...scene } = await service.given.hospital();
  const creator = await service.given.medic();
  const self = await service.given.medic({ createdById: creator.id });
  const sibling = await service.given.medic({ createdById: creator.id });
  const created = await service.given.medic({ createdById: self.id });
  await service.given.membership(self, hospital, { isActive: true });
  return { ...scene, hospital, creator, self, sibling, created, path: pathOf(self) };
}

type Scene = Awaited<ReturnType<typeof givenMedic>>;

describe('PATCH /medics/{id}', () => {
  refusesBadKeys(service, 'PATCH', async () => {
    const actor = await service.given.medic();
    return { actor, path: pathOf(actor), body: { name: 'New' } };
  });

  test.each(['self', 'creator'] as const)('PATCH as %s changes the medic and returns it with 202', async (who) => {
    const scene = await givenMedic();
    const before = (await scene.self.get(scene.path)).body();
    const answer = await scene[who].patch(scene.path, { name: 'New' });
    expect(answer.is(202).json).toEqual({ ...before, name: 'New' });
    expect((await scene.self.get(scene.path)).json).toEqual({ ...before, name: 'New' });
  });

  test.each([
    ['an ADMIN of their hospital', 'admin'],
    ['a MEMBER of their hospital', 'member'],
    ['a medic who belongs to nothing', 'outsider'],
    ['an ADMIN of another hospital', 'stranger'],
    ['another medic of the same creator', 'sibling'],
    ['a medic whom they created', 'created'],
  ] as const)('%s gets a 404 for the medic, whatever the body', async (_, who) => {
    const scene = await givenMedic();
    for (const body of [{ name: 'New' }, { is_active: false }, { hospital: scene.hospital }, { name: '' }, {}])
      (await scene[who].patch(scene.path, body)).isNotFound();
  });

  test("the creator's creator cannot change the medic", async () => {
    const { creator, created } = await givenMedic();
    (await creator.patch(pathOf(created), { name: 'New' })).isNotFound();
  });

  test.each(NO_IDS)('PATCH responds to /medics/%s with 404', async (id) => {
    const medic = await service.given.medic();
    (await medic.patch(`/medics/${id}`, { name: 'New' })).isNotFound();
  });

  test.each<[string, unknown, unknown]>([
    ['name', 'Núñez 🩺', 'Núñez 🩺'],
    ['email', 'Changed@Example.org', 'Changed@Example.org'],
    ['date_of_birth', '1984-02-29', '1984-02-29'],
    ['date_of_birth', '0001-01-01', '0001-01-01'],
    ['date_of_birth', '9999-12-31', '9999-12-31'],
    ['cedula_prof', 12345678, '12345678'],
    ['specialty_no', '0012', '0012'],
    ['specialty', '', ''],
    ['alma_mater', 'UANL', 'UANL'],
    ['female', 'false', false],
    ['female', 1, true],
    ['campaign', 'autumn', 'autumn'],
  ])('PATCH changes %s alone: %j', async (field, value, stored) => {
    const { self, path } = await givenMedic();
    const before = (await self.get(path)).body();
    expect((await self.patch(path, { [field]: value })).is(202).json).toEqual({ ...before, [field]: stored });
    expect((await self.get(path)).json).toEqual({ ...before, [field]: stored });
  });

  test('null clears every nullable field', async () => {
    const medic = await service.given.medic({ dateOfBirth: '1984-02-29', cedulaProf: '1', specialtyNo: '2' });
    const nulls = { date_of_birth: null, cedula_prof: null, specialty_no: null, specialty: null, alma_mater: null };
    (await medic.patch(pathOf(medic), { ...nulls, female: null })).is(202, { ...nulls, female: null });
  });

  test('a form and a JSON body make the same change', async () => {
    const { self, path } = await givenMedic();
    const change = { name: 'Núñez & Cía', female: 'True', cedula_prof: '1' };
    (await self.patch(path, formOf(change))).is(202, { ...change, female: true });
  });

  test.each<[string, unknown]>([
    ['is {}', {}],
    ['is absent', undefined],
    ['is empty', ''],
  ])('PATCH changes nothing if the body %s', async (_, body) => {
    const { self, path } = await givenMedic();
    const before = (await self.get(path)).json;
    expect((await self.patch(path, body)).is(202).json).toEqual(before);
  });

  test.each<[string, (scene: Scene) => [Actor, Actor]]>([
    ['a MEMBER about themselves', ({ self }) => [self, self]],
    ['a creator without a right about a MEMBER', ({ creator, self }) => [creator, self]],
    ['the last ADMIN about themselves', ({ admin }) => [admin, admin]],
    ['a creator about a medic without a hospital', ({ creator, sibling }) => [creator, sibling]],
  ])('PATCH accepts the object that GET returns to %s', async (_, castOf) => {
    const [caller, medic] = castOf(await givenMedic());
    const before = (await caller.get(pathOf(medic))).isOk().body();
    const rows = await service.client.rows();
    expect((await caller.patch(pathOf(medic), before)).is(202).json).toEqual(before);
    expect(await service.client.rows()).toBe(rows);
  });

  test('PATCH ignores id, password, specialty_verified and token', async () => {
    const creator = await service.given.medic();
    const created = (await creator.post('/medics/', medicBody())).isCreated().body<{ id: number; token: string }>();
    const { token, ...before } = created;
    const rows = await service.client.rows();
    const sent = { ...created, id: 1, password: 'x', specialty_verified: true, token: 'x' };
    expect((await creator.patch(pathOf(created), sent)).is(202).json).toEqual(before);
    expect(await service.client.rows()).toBe(rows);
    (await service.client.get(pathOf(created), { token })).isOk();
  });

  test.each<[string, unknown]>([
    ['name', ' '],
    ['name', null],
    ['name', 'x'.repeat(256)],
    ['name', 'a\0b'],
    ['email', 'ana'],
    ['email', null],
    ['date_of_birth', '1983-02-29'],
    ['date_of_birth', '0000-01-01'],
    ['specialty', 'x'.repeat(256)],
    ['female', 'maybe'],
    ['is_active', null],
    ['campaign', null],
    ['hospital', 0],
    ['hospital', '2147483648'],
    ['hospital', 'x'],
    ['is_admin_membership', 2],
    ['created_by', 1],
    ['colour', 'blue'],
  ])('PATCH rejects %s: %j', async (field, value) => {
    const { self, path } = await givenMedic();
    (await self.patch(path, { alma_mater: 'UANL', [field]: value })).isInvalid(field);
  });

  test('an email that another medic has, in any letter case, is rejected', async () => {
    const { self, creator, sibling, path } = await givenMedic();
    (await self.patch(path, { email: sibling.email })).isInvalid('email');
    (await creator.patch(path, { name: 'New', email: sibling.email.toUpperCase() })).isInvalid('email');
  });

  test('a medic can change the letter case of their own email, and is found by any', async () => {
    const { self, path } = await givenMedic();
    const email = self.email.toUpperCase();
    (await self.patch(path, { email })).is(202, { email });
    (await self.get(`/search/medics/?query=${self.email}`)).isOk({ count: 1, results: [{ id: self.id, email }] });
  });

  test('an email that was given up is available to another medic', async () => {
    const { self, sibling, path } = await givenMedic();
    (await self.patch(path, { email: `given.up.${self.email}` })).is(202);
    (await sibling.patch(pathOf(sibling), { email: self.email })).is(202, { email: self.email });
  });
});
