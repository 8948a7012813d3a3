import { castOf, NOT_ADMINS, type Cast } from '../support/actors.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const pathOf = (id: number) => `/management/memberships/${String(id)}`;

describe('DELETE /management/memberships/{id}', () => {
  refusesBadKeys(service, 'DELETE', async () => {
    const { admin, membership } = await service.given.hospital();
    return { actor: admin, path: pathOf(membership) };
  });

  test.each(NOT_ADMINS)('%s cannot remove another membership, live or deleted', async (_, who) => {
    const cast = await castOf(service);
    const others = [
      [cast.admin, cast.adminship],
      [cast.member, cast.membership],
      [cast.formerAdmin, cast.formerAdminship],
      [cast.removedMember, cast.removedMembership],
    ] as const;
    for (const [medic, id] of others)
      if (medic !== cast[who]) (await cast[who].removeMembership(id)).isRefused('Unauthorized Medic');
  });

  test.each(NO_IDS)('DELETE responds to the id %s with 404', async (id) => {
    const { admin, outsider } = await service.given.hospital();
    (await admin.delete(`/management/memberships/${id}`)).isNotFound();
    (await outsider.delete(`/management/memberships/${id}`)).isNotFound();
  });

  test.each(['', '/'])('DELETE with %j at the end removes a medic and returns the membership', async (slash) => {
    const { admin, membership } = await service.given.hospital();
    const read = (await admin.get(pathOf(membership))).body();
    const answer = (await admin.delete(`${pathOf(membership)}${slash}`)).isCreated();
    expect(answer.json).toEqual({ ...read, is_deleted: true });
    expect((await admin.get(pathOf(membership))).isOk().json).toEqual(answer.json);
  });

  test.each<[string, 'member' | 'formerAdmin', 'membership' | 'formerAdminship']>([
    ['a MEMBER', 'member', 'membership'],
    ['a former ADMIN', 'formerAdmin', 'formerAdminship'],
  ])('%s can leave the hospital', async (_, who, which) => {
    const cast = await castOf(service);
    (await cast[who].removeMembership(cast[which])).isCreated({ id: cast[which], is_deleted: true });
    (await cast[who].get(`/hospital/${String(cast.hospital)}`)).isNotFound();
    (await cast[who].get('/locations/')).isOk([]);
  });

  test('an ADMIN can leave if another ADMIN stays, and loses the right at once', async () => {
    const { hospital, admin, adminship, membership, outsider } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await admin.removeMembership(adminship)).isCreated({ is_deleted: true, type_membership: 'ADMIN' });
    (await admin.addMember(hospital, outsider)).isRefused('Unauthorized Medic');
    (await admin.get(`/memberships/${String(hospital)}`)).isRefused('Unauthorized Medic');
  });

  test('a medic who is removed can no longer see or choose the hospital', async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    (await admin.removeMembership(membership)).isCreated();
    (await member.get(`/hospital/${String(hospital)}`)).isNotFound();
    (await member.get(pathOf(membership))).isNotFound();
    (await member.get('/locations/')).isOk([]);
    (await member.patch('/locations/update/', { hospital_id: hospital })).isNotFound('Hospital not found');
    (await member.get(`/medics/${String(member.id)}`)).isOk({ hospital: null, is_admin_membership: null });
  });

  test.each<[string, keyof Pick<Cast, 'admin' | 'removedMember'>]>([
    ['an ADMIN', 'admin'],
    ['its medic', 'removedMember'],
  ])('a membership that is already deleted is not found by %s', async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].removeMembership(cast.removedMembership)).isNotFound();
  });

  test('DELETE ignores any body', async () => {
    const { admin, membership } = await service.given.hospital();
    (await admin.send('DELETE', pathOf(membership), { body: '{not json' })).isCreated({ is_deleted: true });
  });
});
