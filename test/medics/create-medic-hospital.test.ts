import argon2 from '@node-rs/argon2';
import { castOf, NOT_ADMINS } from '../support/actors.js';
import { formOf, medicBody } from '../support/bodies.js';
import { cannotAssign } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

describe('POST /medics/ with hospital', () => {
  test.each<[string, object, boolean]>([
    ['a MEMBER by default', {}, false],
    ['a MEMBER if is_admin_membership is false', { is_admin_membership: false }, false],
    ['a MEMBER if is_admin_membership is null', { is_admin_membership: null }, false],
    ['an ADMIN if is_admin_membership is true', { is_admin_membership: true }, true],
    ['an ADMIN if is_admin_membership is "1"', { is_admin_membership: '1' }, true],
  ])('with hospital, an ADMIN creates %s who is active there', async (_, extra, isAdmin) => {
    const { hospital, admin } = await service.given.hospital();
    const { id, token } = (await admin.post('/medics/', medicBody({ hospital, ...extra })))
      .isCreated({ hospital, is_admin_membership: isAdmin })
      .body<{ id: number; token: string }>();
    const type_membership = isAdmin ? 'ADMIN' : 'MEMBER';
    (await service.client.get('/management/memberships/', { token })).isOk({
      count: 1,
      results: [{ medic: { id }, hospital, type_membership, is_active: true, is_deleted: false }],
    });
    (await admin.get(`/memberships/${String(hospital)}`)).isOk(expect.arrayContaining([expectMedic(id)]));
  });

  test('POST accepts the hospital as a string of digits, and in a form', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await admin.post('/medics/', medicBody({ hospital: String(hospital) }))).isCreated({ hospital });
    const form = formOf(medicBody({ hospital, is_admin_membership: 'True' }));
    (await admin.post('/medics/', form)).isCreated({ hospital, is_admin_membership: true });
  });

  test('an ADMIN creates a medic for a hospital that is not their own active one', async () => {
    const { hospital, stranger, admin } = await service.given.hospital();
    (await admin.addMember(hospital, stranger, { type_membership: 'ADMIN' })).isCreated();
    (await stranger.post('/medics/', medicBody({ hospital }))).isCreated({ hospital });
  });

  test.each(NOT_ADMINS)('%s cannot create a medic for the hospital, and nothing is stored', async (_, who) => {
    const cast = await castOf(service);
    const body = medicBody({ hospital: cast.hospital, is_admin_membership: true });
    (await cast[who].post('/medics/', body)).is(400, cannotAssign(cast.hospital));
    (await cast[who].get(`/search/medics/?query=${body.email}`)).isOk({ count: 0 });
    (await cast[who].post('/medics/', { ...body, hospital: null })).isCreated({ hospital: null });
  });

  test('an unknown hospital is refused with the same message as a missing right', async () => {
    const { admin } = await service.given.hospital();
    (await admin.post('/medics/', medicBody({ hospital: 2147483647 }))).is(400, cannotAssign(2147483647));
  });

  test('an email that is taken stores no membership', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    (await admin.post('/medics/', medicBody({ hospital, email: member.email }))).isInvalid('email');
    expect((await admin.get(`/memberships/${String(hospital)}`)).isOk().body<unknown[]>()).toHaveLength(2);
  });

  test('the password is not hashed for a caller without the right', async () => {
    const hash = vi.spyOn(argon2, 'hash');
    const { hospital, admin, member, outsider } = await service.given.hospital();
    for (const caller of [member, outsider])
      (await caller.post('/medics/', medicBody({ hospital }))).is(400, cannotAssign(hospital));
    expect(hash).not.toHaveBeenCalled();
    (await admin.post('/medics/', medicBody({ hospital }))).isCreated();
    expect(hash).toHaveBeenCalledTimes(1);
    hash.mockRestore();
  });

  test('creating a medic for a hospital gives the creator no right over other memberships', async () => {
    const { hospital, admin, adminship, member, membership } = await service.given.hospital();
    const { id } = (await admin.post('/medics/', medicBody({ hospital }))).isCreated().body();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await member.removeMembership(adminship)).isCreated();
    (await admin.get(`/memberships/${String(hospital)}`)).isRefused('Unauthorized Medic');
    (await admin.get(`/medics/${String(id)}`)).isOk({ hospital });
  });
});

function expectMedic(id: number): unknown {
  return expect.objectContaining({ medic: expect.objectContaining({ id }) as unknown });
}
