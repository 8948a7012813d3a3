import { castOf, type Cast } from '../support/actors.js';
import { refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

interface Location {
  readonly hospital: { readonly id: number };
  readonly default: boolean;
}

describe('GET /locations/', () => {
  refusesBadKeys(service, 'GET', async () => ({ actor: await service.given.medic(), path: '/locations/' }));

  test.each<[string, keyof Cast, number]>([
    ['an ADMIN', 'admin', 1],
    ['a MEMBER', 'member', 1],
    ['a former ADMIN', 'formerAdmin', 1],
    ['a MEMBER who was removed', 'removedMember', 0],
    ['an ADMIN who was removed', 'removedAdmin', 0],
    ['a medic who belongs to nothing', 'outsider', 0],
  ])('%s sees the hospital if, and only if, their membership is live', async (_, who, count) => {
    const cast = await castOf(service);
    const answer = (await (cast[who] as Cast['admin']).get('/locations/')).isOk();
    expect(answer.body<Location[]>().map(({ hospital }) => hospital.id)).toEqual(Array(count).fill(cast.hospital));
  });

  test('an ADMIN of another hospital sees only their own', async () => {
    const { hospital, stranger } = await service.given.hospital();
    const [own, ...rest] = (await stranger.get('/locations/')).isOk().body<Location[]>();
    expect(rest).toEqual([]);
    expect(own?.hospital.id).not.toBe(hospital);
  });

  test.each(['/locations/', '/locations'])(
    'GET %s returns a bare array of exactly the documented fields',
    async (path) => {
      const { given } = service;
      const medic = await given.medic();
      const hospital = await given.emptyHospital({ name: 'Hospital San José', location: 'Av. Morones Prieto 3000' });
      await given.membership(medic, hospital, { isActive: true });
      expect((await medic.get(path)).isOk().json).toEqual([
        {
          hospital: { id: hospital, name: 'Hospital San José', location: 'Av. Morones Prieto 3000' },
          default: true,
          clinics: [],
        },
      ]);
    },
  );

  test('the default hospital comes first, and deleted memberships are left out', async () => {
    const { given } = service;
    const medic = await given.medic();
    const hospitals = [await given.emptyHospital(), await given.emptyHospital(), await given.emptyHospital()] as const;
    await given.membership(medic, hospitals[0]);
    await given.membership(medic, hospitals[1], { isActive: true });
    await given.membership(medic, hospitals[2], { isActive: true, isDeleted: true });
    const locations = (await medic.get('/locations/')).isOk().body<Location[]>();
    expect(locations.map(({ hospital, default: active }) => [hospital.id, active])).toEqual([
      [hospitals[1], true],
      [hospitals[0], false],
    ]);
  });

  test('HEAD responds like GET, without a body', async () => {
    const { member } = await service.given.hospital();
    expect((await member.send('HEAD', '/locations/')).isOk().text).toBe('');
  });
});
