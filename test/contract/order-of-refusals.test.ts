import { useService } from '../support/service.js';

const service = useService();

describe('a request that is wrong in several ways is refused for the first of them', () => {
  test('an unknown path, before the key', async () => {
    (await service.client.post('/nothing/', { x: 1 })).isNotFound();
  });

  test('the method, before the key', async () => {
    (await service.client.send('PUT', '/management/memberships/', { body: { x: 1 } })).is(405);
  });

  test('the key, before the id and the fields', async () => {
    (await service.client.post('/management/memberships/', { x: 1 })).isRefused('Invalid Token');
    (await service.client.patch('/medics/x', { x: 1 })).isRefused('Invalid Token');
    (await service.client.get('/medics/?limit=x')).isRefused('Invalid Token');
  });

  test('the right, before the fields', async () => {
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

  test('what does not exist, before the fields', async () => {
    const { admin } = await service.given.hospital();
    (await admin.changeMembership(2147483647, { x: 1 })).isNotFound();
    (await admin.patch('/hospital/2147483647', { x: 1 })).isNotFound();
    (await admin.patch('/medics/2147483647', { x: 1 })).isNotFound();
    (await admin.post('/management/memberships/', { hospital: 2147483647, x: 1 })).isRefused('Unauthorized Medic');
  });

  test('the fields, before the state', async () => {
    const { hospital, admin, adminship, member } = await service.given.hospital();
    (await admin.addMember(hospital, member, { type_membership: 'OWNER' })).isInvalid('type_membership');
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER', x: 1 })).isInvalid('x');
  });

  test('an email that is taken, before the last ADMIN of a hospital', async () => {
    const { admin, member } = await service.given.hospital();
    const change = { is_admin_membership: false, email: member.email };
    (await admin.patch(`/medics/${String(admin.id)}`, change)).isInvalid('email');
  });

  test.each([0, -1, 2147483648, 1.5, 'x', '', null, true, [], [1], {}, '1 2'])(
    'a right that hangs on the hospital %j is a 400 for that field',
    async (hospital) => {
      const { admin, member } = await service.given.hospital();
      (await admin.post('/management/memberships/', { hospital, medic: member.id })).isInvalid('hospital');
    },
  );

  test('a right that hangs on a missing field is a 400 for that field', async () => {
    const { admin, member } = await service.given.hospital();
    (await admin.post('/management/memberships/', { medic: member.id })).isInvalid('hospital');
    (await admin.post('/management/memberships/')).isInvalid('hospital', 'medic');
    (await admin.patch('/locations/update/')).isInvalid('hospital_id');
  });
});
