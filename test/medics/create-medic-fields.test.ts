import { medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

describe('POST /medics/ rejects', () => {
  test('POST rejects a body without the required fields, and names each', async () => {
    const creator = await service.given.medic();
    (await creator.post('/medics/', {})).isInvalid('name', 'email', 'password');
    (await creator.post('/medics/')).isInvalid('name', 'email', 'password');
  });

  test.each<[string, unknown]>([
    ['name', ''],
    ['name', ' '],
    ['name', null],
    ['name', 'a\0b'],
    ['email', ''],
    ['email', null],
    ['email', 'ana'],
    ['email', 'ana@'],
    ['email', 'ana nunez@example.org'],
    ['email', ['ana@example.org']],
    // Letters of other scripts are accepted up to U+FFFF only.
    ['email', '𐐨na@example.org'],
    ['password', ''],
    ['password', null],
    ['password', 'seven77'],
    ['password', 'lone \ud800 surrogate'],
    ['date_of_birth', '1983-02-29'],
    ['date_of_birth', '17/05/1984'],
    ['date_of_birth', '1984-05-17T00:00:00Z'],
    ['date_of_birth', 19840517],
    ['female', 'yes'],
    ['female', 2],
    ['is_active', null],
    ['is_active', 'on'],
    ['campaign', null],
    ['specialty', { name: 'x' }],
    ['hospital', 0],
    ['hospital', -1],
    ['hospital', 2147483648],
    ['hospital', 'x'],
    ['is_admin_membership', 'ADMIN'],
    ['colour', 'blue'],
    ['created_by', 1],
  ])('POST rejects %s: %j', async (field, value) => {
    const creator = await service.given.medic();
    (await creator.post('/medics/', medicBody({ [field]: value }))).isInvalid(field);
  });

  test.each([
    ['name', 255],
    ['cedula_prof', 255],
    ['specialty_no', 255],
    ['specialty', 255],
    ['alma_mater', 255],
    ['campaign', 255],
    ['password', 1024],
  ])('POST rejects a %s longer than %d code points, and names the limit', async (field, limit) => {
    const creator = await service.given.medic();
    (await creator.post('/medics/', medicBody({ [field]: '🩺'.repeat(limit) }))).isCreated();
    const answer = await creator.post('/medics/', medicBody({ [field]: 'x'.repeat(limit + 1) }));
    answer.isInvalid(field).is(400, { errors: { [field]: [expect.stringContaining(String(limit))] } });
  });

  test('POST rejects a password shorter than 8 code points, and names the limit', async () => {
    const creator = await service.given.medic();
    (await creator.post('/medics/', medicBody({ password: '🔑'.repeat(8) }))).isCreated();
    (await creator.post('/medics/', medicBody({ password: '🔑'.repeat(7) })))
      .isInvalid('password')
      .is(400, { errors: { password: [expect.stringContaining('8')] } });
  });

  test('POST rejects an email longer than 254 characters, and names the limit', async () => {
    const creator = await service.given.medic();
    const labels = ['a', 'b', 'c'].map((letter) => letter.repeat(61)).join('.');
    const longest = `${'x'.repeat(64)}@${labels}.mx`;
    expect(longest).toHaveLength(253);
    (await creator.post('/medics/', medicBody({ email: longest }))).isCreated({ email: longest });
    (await creator.post('/medics/', medicBody({ email: `${longest.slice(0, -3)}.com.mx` })))
      .isInvalid('email')
      .is(400, { errors: { email: [expect.stringContaining('254')] } });
  });

  test('every invalid field is reported at once', async () => {
    const creator = await service.given.medic();
    const wrong = { name: '', email: 'x', password: 'x', female: 'x', hospital: 'x', colour: 'x' };
    (await creator.post('/medics/', wrong)).isInvalid(...Object.keys(wrong));
  });
});
