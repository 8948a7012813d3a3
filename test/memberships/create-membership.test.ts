import { useService } from '../support/service.js';

const service = useService();

describe('POST /management/memberships/', () => {
  test('an ADMIN adds a medic as a MEMBER', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const answer = (await admin.addMember(hospital, outsider)).isCreated({
      medic: outsider.id,
      hospital,
      type_membership: 'MEMBER',
    });
    expect(answer.headers.get('location')).toBe(`/api/v2/management/memberships/${String(answer.body()['id'])}`);
  });

  test('an outsider cannot add anyone', async () => {
    const { hospital, outsider, stranger } = await service.given.hospital();
    (await outsider.addMember(hospital, stranger)).isRefused('Unauthorized Medic');
  });

  test('a pair that exists is a conflict that names the membership to edit', async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    (await admin.addMember(hospital, member)).isConflict(/already exists/).is(409, { membership });
  });

  test('both ids are required', async () => {
    const { admin } = await service.given.hospital();
    (await admin.post('/management/memberships/', {})).isInvalid('medic', 'hospital');
  });
});
