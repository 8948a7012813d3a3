import type { Actor } from '../support/actor.js';
import { useService } from '../support/service.js';

const service = useService();
const idsOf = (rows: { id: number }[]) => rows.map(({ id }) => id);

describe('in_force', () => {
  test('false lists what has ended or not started, to ADMINs, and is kept in links', async () => {
    const { given } = service;
    const { hospital, admin, adminship, member, membership, outsider, stranger } = await given.hospital();
    const ended = await given.membership(outsider, hospital, { validUntil: new Date(0) });
    const pending = await given.membership(stranger, hospital, { validFrom: new Date('2999-01-01') });
    const gone = await given.membership(await given.medic(), hospital, { validUntil: new Date(0), isDeleted: true });
    const list = async (by: Actor, query: string) => {
      const array = (await by.get(`/memberships/${String(hospital)}?${query}`)).isOk().body<{ id: number }[]>();
      const page = (await by.get(`/management/memberships/?managed=true&${query}`)).isOk().body<{
        count: number;
        results: { id: number }[];
      }>();
      const ids = idsOf(array).sort((a, b) => a - b);
      expect([page.count, idsOf(page.results)]).toEqual([ids.length, ids]);
      return ids;
    };
    expect(await list(admin, '')).toEqual([adminship, membership]);
    expect(await list(admin, 'in_force=true')).toEqual([adminship, membership]);
    expect(await list(admin, 'in_force=false')).toEqual([ended, pending]);
    expect(await list(admin, 'is_deleted=true')).toEqual([gone]);
    expect(await list(admin, 'is_deleted=true&in_force=false')).toEqual([gone]);
    expect(await list(admin, 'is_deleted=true&in_force=true')).toEqual([]);
    expect(await list(admin, 'in_force=false&type_membership=ADMIN')).toEqual([]);
    const first = (await admin.get('/management/memberships/?managed=true&in_force=false&limit=1')).isOk();
    expect(first.body<{ next: string }>().next).toContain('in_force=false');
    (await admin.get('/management/memberships/?managed=true&in_force=x')).isInvalid('in_force');
    (await member.get(`/memberships/${String(hospital)}?in_force=false`)).isRefused('Unauthorized Medic');
  });
});
