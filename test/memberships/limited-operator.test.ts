import { MembershipType } from '../../src/memberships/membership.entity.js';
import { OperatorMemberships } from '../../src/memberships/operator-memberships.js';
import { fromNow } from '../support/limits.js';
import { useService } from '../support/service.js';

const service = useService();
const { ADMIN, MEMBER } = MembershipType;

describe('The operator sets memberships', () => {
  test.each([
    ['has ended', { validUntil: new Date(0) }],
    ['has not started', { validFrom: new Date('2999-01-01') }],
    ['is removed and has ended', { validUntil: new Date(0), isDeleted: true }],
  ])('one that %s becomes live without limits', async (_, columns) => {
    const { hospital, outsider } = await service.given.hospital();
    const id = await service.given.membership(outsider, hospital, columns);
    const set = await new OperatorMemberships(service.dataSource).set(
      { medicId: outsider.id, hospitalId: hospital },
      ADMIN,
      false,
    );
    expect(set).toMatchObject({ id, type_membership: 'ADMIN', is_deleted: false });
    expect(set).not.toHaveProperty('valid_until');
    (await outsider.get(`/memberships/${String(hospital)}`)).isOk();
  });

  test('one in force keeps its end, gets another, or none', async () => {
    const { hospital, outsider } = await service.given.hospital();
    const pair = { medicId: outsider.id, hospitalId: hospital };
    const operator = new OperatorMemberships(service.dataSource);
    const until = await fromNow(service.dataSource, '1 hour');
    expect(await operator.set(pair, MEMBER, false, until)).toMatchObject({ valid_until: until });
    expect(await operator.set(pair, ADMIN, false)).toMatchObject({ valid_until: until, type_membership: 'ADMIN' });
    expect(await operator.set(pair, MEMBER, false, null)).not.toHaveProperty('valid_until');
  });

  test('the last ADMIN without an end gets none', async () => {
    const { hospital, admin, adminship } = await service.given.hospital();
    const until = await fromNow(service.dataSource, '1 hour');
    const pair = { medicId: admin.id, hospitalId: hospital };
    await expect(new OperatorMemberships(service.dataSource).set(pair, ADMIN, false, until)).rejects.toThrow(
      /last ADMIN/,
    );
    expect((await service.given.rowOf(adminship)).validUntil).toBeNull();
  });

  test.each([true, false])('an end in the past is refused, for a membership that exists: %j', async (exists) => {
    const { hospital, outsider } = await service.given.hospital();
    if (exists) await service.given.membership(outsider, hospital);
    const pair = { medicId: outsider.id, hospitalId: hospital };
    await expect(
      new OperatorMemberships(service.dataSource).set(pair, MEMBER, false, '2020-01-01T00:00:00.000000Z'),
    ).rejects.toThrow('The end of a membership must be in the future.');
  });
});
