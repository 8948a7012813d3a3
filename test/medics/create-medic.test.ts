import { verify } from '@node-rs/argon2';
import { Medic } from '../../src/medics/medic.entity.js';
import { formOf, medicBody } from '../support/bodies.js';
import { refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

interface Created {
  readonly id: number;
  readonly token: string;
}

const FIELDS = {
  date_of_birth: '1984-02-29',
  cedula_prof: '12345678',
  specialty_no: '87654321',
  specialty: 'Cardiología 🫀',
  alma_mater: 'UANL',
  female: true,
  is_active: true,
  campaign: 'spring',
};

describe('POST /medics/', () => {
  refusesBadKeys(service, 'POST', async () => ({
    actor: await service.given.medic(),
    path: '/medics/',
    body: medicBody(),
  }));

  test.each(['admin', 'member', 'outsider', 'stranger'] as const)(
    'any medic can create a medic: the %s of a hospital',
    async (who) => {
      const scene = await service.given.hospital();
      const { id } = (await scene[who].post('/medics/', medicBody())).isCreated().body<Created>();
      (await scene[who].get(`/medics/${String(id)}`)).isOk({ id });
    },
  );

  test('an absent field is null, the medic is active and belongs to no hospital', async () => {
    const creator = await service.given.medic();
    const { password, ...body } = medicBody();
    expect((await creator.post('/medics', { ...body, password })).isCreated().json).toEqual({
      ...body,
      id: expect.any(Number),
      hospital: null,
      date_of_birth: null,
      cedula_prof: null,
      specialty_no: null,
      specialty: null,
      alma_mater: null,
      female: null,
      is_active: true,
      specialty_verified: false,
      campaign: '',
      is_admin_membership: null,
      token: expect.any(String),
    });
  });

  test('every field is stored as sent', async () => {
    const creator = await service.given.medic();
    const { id } = (await creator.post('/medics/', medicBody(FIELDS))).isCreated(FIELDS).body<Created>();
    (await creator.get(`/medics/${String(id)}`)).isOk(FIELDS);
  });

  test('a form and a JSON body create the same medic', async () => {
    const creator = await service.given.medic();
    (await creator.post('/medics/', formOf(medicBody(FIELDS)))).isCreated(FIELDS);
  });

  test('null is accepted for every nullable field', async () => {
    const creator = await service.given.medic();
    const nulls = {
      hospital: null,
      is_admin_membership: null,
      date_of_birth: null,
      cedula_prof: null,
      specialty_no: null,
      specialty: null,
      alma_mater: null,
      female: null,
    };
    (await creator.post('/medics/', medicBody(nulls))).isCreated(nulls);
  });

  test('a number in a text field keeps its digits', async () => {
    const creator = await service.given.medic();
    const body = JSON.stringify(medicBody()).replace('}', ',"cedula_prof":12345678901234567890,"specialty_no":7}');
    (await creator.post('/medics/', body)).isCreated({ cedula_prof: '12345678901234567890', specialty_no: '7' });
  });

  test("the response contains the new medic's token, which works at once and is not shown again", async () => {
    const creator = await service.given.medic();
    const { id, token } = (await creator.post('/medics/', medicBody())).isCreated().body<Created>();
    (await service.client.get(`/medics/${String(id)}`, { token })).isOk({ id });
    (await service.client.get(`/medics/${String(creator.id)}`, { token })).isNotFound();
    for (const path of [`/medics/${String(id)}`, '/medics/'])
      expect((await creator.get(path)).isOk().text).not.toContain(token);
  });

  test('the token of a medic who was created deactivated works after the activation', async () => {
    const creator = await service.given.medic();
    const { id, token } = (await creator.post('/medics/', medicBody({ is_active: false })))
      .isCreated({ is_active: false })
      .body<Created>();
    (await service.client.get('/medics/', { token })).isRefused('Invalid Token');
    (await creator.patch(`/medics/${String(id)}`, { is_active: true })).is(202);
    (await service.client.get('/medics/', { token })).isOk();
  });

  test('the password is stored as an argon2id hash, and neither is ever returned or logged', async () => {
    const creator = await service.given.medic();
    const password = 'contraseña 🔑 muy secreta';
    const created = (await creator.post('/medics/', medicBody({ password }))).isCreated();
    const { id } = created.body<Created>();
    const { passwordHash } = await service.dataSource.manager.findOneByOrFail(Medic, { id });
    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43,}$/);
    expect(await verify(passwordHash ?? '', password)).toBe(true);
    const read = await creator.get(`/medics/${String(id)}`);
    const listed = await creator.get('/medics/');
    for (const text of [created.text, read.text, listed.text, service.log.join('')]) {
      expect(text).not.toContain(password);
      expect(text).not.toContain('argon2');
    }
  });

  test('POST ignores read-only fields', async () => {
    const creator = await service.given.medic();
    const sent = { id: 1, specialty_verified: true, token: 'chosen' };
    const { id, token } = (await creator.post('/medics/', medicBody(sent)))
      .isCreated({ specialty_verified: false })
      .body<Created>();
    expect(id).not.toBe(1);
    expect(token).not.toBe('chosen');
  });
});

describe('POST /medics/ with an email that is taken', () => {
  test.each<[string, (email: string) => string]>([
    ['as it is stored', (email) => email],
    ['in upper case', (email) => email.toUpperCase()],
  ])('an email that is taken is rejected %s', async (_, respell) => {
    const creator = await service.given.medic();
    const body = medicBody({ email: `Íñigo.${String(creator.id)}@example.org` });
    (await creator.post('/medics/', body)).isCreated({ email: body.email });
    (await creator.post('/medics/', medicBody({ email: respell(body.email) }))).isInvalid('email');
    (await creator.get('/medics/')).isOk({ count: 1 });
  });

  test("a deactivated medic's email is taken, and the error does not mention the database", async () => {
    const creator = await service.given.medic();
    const { email } = await service.given.medic({ isActive: false });
    const { text } = (await creator.post('/medics/', medicBody({ email }))).isInvalid('email');
    expect(text).not.toMatch(/unique|duplicate|constraint|key|medic_email/i);
  });

  test('24 concurrent creations with one email: exactly one succeeds', async () => {
    const creator = await service.given.medic();
    const email = `Many.${String(creator.id)}@example.org`;
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        creator.post('/medics/', medicBody({ email: index % 2 === 0 ? email : email.toUpperCase() }), {
          concurrent: true,
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    answers.filter(({ status }) => status !== 201).forEach((answer) => answer.isInvalid('email'));
    (await creator.get('/medics/')).isOk({ count: 1 });
  });
});
