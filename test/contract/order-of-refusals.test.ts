import { useService } from '../support/service.js';

const service = useService();

describe('the order of checks', () => {
  test('an unknown path is refused before the key is checked', async () => {
    (await service.client.post('/nothing/', { x: 1 })).isNotFound();
  });

  test('an unsupported method is refused before the key is checked', async () => {
    (await service.client.send('PUT', '/management/memberships/', { body: { x: 1 } })).is(405);
  });

  test('an invalid key is refused before the id and the fields are checked', async () => {
    (await service.client.post('/management/memberships/', { x: 1 })).isRefused('Invalid Token');
    (await service.client.patch('/medics/x', { x: 1 })).isRefused('Invalid Token');
    (await service.client.get('/medics/?limit=x')).isRefused('Invalid Token');
  });

  test('a missing right is refused before the fields are checked', async () => {
    const { hospital, membership, member, outsider } = await service.given.hospital();
    for (const caller of [member, outsider]) {
      (await caller.post('/management/memberships/', { hospital, medic: 'x', x: 1 })).isRefused('Unauthorized Medic');
      (await caller.changeMembership(membership, { x: 1 })).isRefused('Unauthorized Medic');
      (await caller.get(`/memberships/${String(hospital)}?limit=x`)).isRefused('Unauthorized Medic');
    }
    (await member.patch(`/hospital/${String(hospital)}`, { x: 1 })).isRefused('Unauthorized Medic');
    (await outsider.patch(`/hospital/${String(hospital)}`, { x: 1 })).isNotFound();
    (await outsider.patch(`/medics/${String(member.id)}`, { x: 1 })).isNotFound();
  });

  test('a missing object is a 404 before the fields are checked', async () => {
    const { admin } = await service.given.hospital();
    (await admin.changeMembership(2147483647, { x: 1 })).isNotFound();
    (await admin.patch('/hospital/2147483647', { x: 1 })).isNotFound();
    (await admin.patch('/medics/2147483647', { x: 1 })).isNotFound();
    (await admin.post('/management/memberships/', { hospital: 2147483647, x: 1 })).isRefused('Unauthorized Medic');
  });

  test('invalid fields are refused before the state is checked', async () => {
    const { hospital, admin, adminship, member } = await service.given.hospital();
    (await admin.addMember(hospital, member, { type_membership: 'OWNER' })).isInvalid('type_membership');
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER', x: 1 })).isInvalid('x');
  });

  test('a taken email is refused before the last ADMIN of a hospital is protected', async () => {
    const { admin, member } = await service.given.hospital();
    const change = { is_admin_membership: false, email: member.email };
    (await admin.patch(`/medics/${String(admin.id)}`, change)).isInvalid('email');
  });

  test.each([0, -1, 2147483648, 1.5, 'x', '', null, true, [], [1], {}, '1 2'])(
    'if the right depends on a hospital, the invalid hospital %j is a 400 for that field',
    async (hospital) => {
      const { admin, member } = await service.given.hospital();
      (await admin.post('/management/memberships/', { hospital, medic: member.id })).isInvalid('hospital');
    },
  );

  test('if the right depends on a field, its absence is a 400 for that field', async () => {
    const { admin, member } = await service.given.hospital();
    (await admin.post('/management/memberships/', { medic: member.id })).isInvalid('hospital');
    (await admin.post('/management/memberships/')).isInvalid('hospital', 'medic');
    (await admin.patch('/locations/update/')).isInvalid('hospital_id');
  });
});
