import { medicBody } from '../support/bodies.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns a medic with a creator, and another medic of the same creator */
async function givenMedic() {
  const { hospital, ...scene } = await service.given.hospital();
  const creator = await service.given.medic();
  const self = await service.given.medic({ createdById: creator.id });
  const sibling = await service.given.medic({ createdById: creator.id });
  const created = await service.given.medic({ createdById: self.id });
  await service.given.membership(self, hospital, { isActive: true });
  return { ...scene, hospital, creator, self, sibling, created, path: `/medics/${String(self.id)}` };
}

describe('GET /medics/{id}', () => {
  refusesBadKeys(service, 'GET', async () => {
    const actor = await service.given.medic();
    return { actor, path: `/medics/${String(actor.id)}` };
  });

  test.each(['self', 'creator'] as const)('GET as %s returns the medic', async (who) => {
    const scene = await givenMedic();
    (await scene[who].get(scene.path)).isOk({ id: scene.self.id, email: scene.self.email, hospital: scene.hospital });
  });

  test.each([
    ['an ADMIN of their hospital', 'admin'],
    ['a MEMBER of their hospital', 'member'],
    ['a medic who belongs to nothing', 'outsider'],
    ['an ADMIN of another hospital', 'stranger'],
    ['another medic of the same creator', 'sibling'],
    ['a medic whom they created', 'created'],
  ] as const)('%s cannot see the medic', async (_, who) => {
    const scene = await givenMedic();
    (await scene[who].get(scene.path)).isNotFound();
  });

  test("the creator's creator cannot see the medic", async () => {
    const { creator, created } = await givenMedic();
    (await creator.get(`/medics/${String(created.id)}`)).isNotFound();
  });

  test('the medic has every field, and neither password, hash nor token', async () => {
    const medic = await service.given.medic({
      name: 'Ana María Núñez',
      email: 'Ana.Nunez@Example.org',
      passwordHash: '$argon2id$secret',
      dateOfBirth: '1984-02-29',
      cedulaProf: '12345678',
      specialtyNo: '87654321',
      specialty: 'Cardiología',
      almaMater: 'UANL',
      female: true,
      campaign: 'spring',
      specialtyVerified: true,
    });
    const hospital = await service.given.emptyHospital();
    await service.given.membership(medic, hospital, { isActive: true });
    expect((await medic.get(`/medics/${String(medic.id)}/`)).isOk().json).toEqual({
      id: medic.id,
      name: 'Ana María Núñez',
      email: 'Ana.Nunez@Example.org',
      hospital,
      date_of_birth: '1984-02-29',
      cedula_prof: '12345678',
      specialty_no: '87654321',
      specialty: 'Cardiología',
      alma_mater: 'UANL',
      female: true,
      is_active: true,
      specialty_verified: true,
      campaign: 'spring',
      is_admin_membership: false,
    });
  });

  test('an absent field is null, and so are hospital and is_admin_membership without a membership', async () => {
    const medic = await service.given.medic();
    (await medic.get(`/medics/${String(medic.id)}`)).isOk({
      hospital: null,
      date_of_birth: null,
      cedula_prof: null,
      specialty_no: null,
      specialty: null,
      alma_mater: null,
      female: null,
      campaign: '',
      specialty_verified: false,
      is_admin_membership: null,
    });
  });

  test.each([
    ['an ADMIN', 'admin', true],
    ['a MEMBER', 'member', false],
  ] as const)('is_admin_membership says whether the medic is %s of the current hospital', async (_, who, isAdmin) => {
    const { hospital, ...scene } = await givenMedic();
    (await scene[who].get(`/medics/${String(scene[who].id)}`)).isOk({ hospital, is_admin_membership: isAdmin });
  });

  test('hospital is null while no live membership is active', async () => {
    const { hospital, admin, membership, member } = await givenMedic();
    (await admin.removeMembership(membership)).isCreated();
    (await member.get(`/medics/${String(member.id)}`)).isOk({ hospital: null, is_admin_membership: null });
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated();
    (await member.get(`/medics/${String(member.id)}`)).isOk({ hospital, is_admin_membership: false });
  });

  test('a creator can read a deactivated medic', async () => {
    const creator = await service.given.medic();
    const { id } = (await creator.post('/medics/', medicBody({ is_active: false }))).isCreated().body();
    (await creator.get(`/medics/${String(id)}`)).isOk({ id, is_active: false });
  });

  test.each(NO_IDS)('GET responds to /medics/%s with 404', async (id) => {
    const medic = await service.given.medic();
    (await medic.get(`/medics/${id}`)).isNotFound();
  });
});
