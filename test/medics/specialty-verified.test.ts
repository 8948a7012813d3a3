import { useService } from '../support/service.js';

const service = useService();

const VERIFIED = {
  name: 'Ana Núñez',
  specialty: 'Cardiología',
  cedulaProf: '12345678',
  specialtyNo: '87654321',
  specialtyVerified: true,
};

async function givenVerified() {
  const creator = await service.given.medic();
  const medic = await service.given.medic({ ...VERIFIED, createdById: creator.id });
  return { creator, medic, path: `/medics/${String(medic.id)}` };
}

describe('specialty_verified', () => {
  test.each([
    [{ name: 'Eva Núñez' }],
    [{ name: 'ana núñez' }],
    [{ specialty: 'Neurología' }],
    [{ specialty: null }],
    [{ cedula_prof: '12345679' }],
    [{ cedula_prof: null }],
    [{ specialty_no: '' }],
    [{ name: 'Eva Núñez', specialty: 'Cardiología', hospital: null }],
  ])('changing %j clears specialty_verified, for the medic and the creator', async (change) => {
    for (const who of ['medic', 'creator'] as const) {
      const { [who]: caller, path } = await givenVerified();
      (await caller.patch(path, change)).is(202, { specialty_verified: false });
      (await caller.get(path)).isOk({ specialty_verified: false });
    }
  });

  test('other changes, and equal values, keep specialty_verified', async () => {
    const { medic, path } = await givenVerified();
    const { name, specialty, cedulaProf: cedula_prof, specialtyNo: specialty_no } = VERIFIED;
    const same = { name, specialty, cedula_prof, specialty_no };
    const others = { email: `new.${medic.email}`, date_of_birth: '1984-05-17', alma_mater: 'UANL', female: true };
    for (const change of [same, { ...same, campaign: 'x' }, others, { hospital: null }, {}])
      (await medic.patch(path, change)).is(202, { specialty_verified: true });
  });

  test('a change that is refused keeps specialty_verified', async () => {
    const { creator, medic, path } = await givenVerified();
    (await medic.patch(path, { name: 'Eva', email: creator.email })).isInvalid('email');
    (await medic.patch(path, { name: 'Eva', hospital: 2147483647 })).is(400);
    (await medic.get(path)).isOk({ name: VERIFIED.name, specialty_verified: true });
  });

  test('a change by SQL clears specialty_verified, whatever value it sets', async () => {
    const { medic, path } = await givenVerified();
    await service.dataSource.query(`UPDATE medic SET specialty = 'X', specialty_verified = true WHERE id = $1`, [
      medic.id,
    ]);
    (await medic.get(path)).isOk({ specialty: 'X', specialty_verified: false });
  });
});
