import { TokensService } from '../../src/auth/tokens.service.js';
import { OPERATOR } from '../../src/database/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

const pathOf = ({ id }: { id: number }) => `/medics/${String(id)}`;

async function givenMedic() {
  const creator = await service.given.medic();
  const self = await service.given.medic({ createdById: creator.id });
  return { creator, self, path: pathOf(self) };
}

describe('PATCH /medics/{id} with is_active', () => {
  test.each(['self', 'creator'] as const)(
    'is_active false, sent as %s, blocks every token from the next request on',
    async (who) => {
      const scene = await givenMedic();
      const further = await service.given.token(scene.self.id);
      (await scene[who].patch(scene.path, { is_active: false })).is(202, { is_active: false });
      for (const token of [scene.self.token, further])
        (await service.client.get('/medics/', { token })).isRefused('Invalid Token');
      (await scene.creator.get(scene.path)).isOk({ is_active: false });
    },
  );

  test('is_active true, sent by the creator, unblocks all tokens except revoked ones', async () => {
    const { creator, self, path } = await givenMedic();
    await new TokensService(service.dataSource).revoke(OPERATOR, self.id, undefined);
    const token = await service.given.token(self.id);
    (await creator.patch(path, { is_active: 'False' })).is(202);
    (await service.client.get(path, { token })).isRefused('Invalid Token');
    (await creator.patch(path, { is_active: 1 })).is(202, { is_active: true });
    (await service.client.get(path, { token })).isOk({ is_active: true });
    (await self.get(path)).isRefused('Invalid Token');
  });

  test('a deactivated medic cannot activate themselves', async () => {
    const { self, path } = await givenMedic();
    (await self.patch(path, { is_active: false })).is(202);
    (await self.patch(path, { is_active: true })).isRefused('Invalid Token');
  });

  test.each([
    ['themselves', false],
    ['their creator', true],
  ])('the last ADMIN of a hospital, deactivated by %s, stays its ADMIN', async (_, byCreator) => {
    const { creator, self, path } = await givenMedic();
    const { id: hospital } = (await self.post('/hospital/', HOSPITAL)).isCreated().body();
    (await (byCreator ? creator : self).patch(path, { is_active: false })).is(202, { hospital });
    (await self.get(`/hospital/${String(hospital)}`)).isRefused('Invalid Token');
    (await creator.patch(path, { is_active: true })).is(202, { is_admin_membership: true });
    (await self.get(`/hospital/${String(hospital)}`)).isOk({ is_admin: true });
  });

  test('deactivating a medic leaves memberships and the medics they created unchanged', async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    const created = await service.given.medic({ createdById: member.id });
    (await member.patch(pathOf(member), { is_active: false })).is(202, { hospital });
    (await admin.get(`/management/memberships/${String(membership)}`)).isOk({ is_active: true, is_deleted: false });
    (await created.get(pathOf(created))).isOk({ is_active: true });
  });

  test('a refused change does not deactivate the medic', async () => {
    const { creator, self, path } = await givenMedic();
    (await creator.patch(path, { is_active: false, hospital: 2147483647 })).is(400);
    (await creator.patch(path, { is_active: false, email: creator.email })).isInvalid('email');
    (await self.get(path)).isOk({ is_active: true });
  });
});
