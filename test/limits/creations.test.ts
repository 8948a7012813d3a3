import { AccountLimits } from '../../src/auth/account-limits.js';
import type { CurrentMedic } from '../../src/auth/current-medic.decorator.js';
import { TooManyRequests } from '../../src/common/errors.js';
import type { Environment } from '../../src/config/environment.js';
import { Limiters } from '../../src/limits/limiter.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { jpeg } from '../support/jpeg.js';
import { useService } from '../support/service.js';

const LIMIT = 3;
const service = useService({ RATE_LIMIT: '100000', CREATE_LIMIT: String(LIMIT) });

const tooMany = /^Too many requests; try again in \d+ s\.$/;

describe('the creations of one tree of accounts', () => {
  test('the accounts of one tree create CREATE_LIMIT medics an hour, and a taken email counts', async () => {
    const root = await service.given.medic();
    const child = await service.given.medic({ createdById: root.id });
    (await root.post('/medics/', medicBody())).isCreated();
    (await child.post('/medics/', medicBody())).isCreated();
    (await root.post('/medics/', medicBody({ email: child.email }))).isInvalid('email');
    const refused = (await child.post('/medics/', medicBody())).isError(429, tooMany);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds > 60 && seconds <= 3600).toBe(true);
    (await (await service.given.medic()).post('/medics/', medicBody())).isCreated();
    (await root.post('/hospital/', HOSPITAL)).isCreated();
  });

  test('an account creates CREATE_LIMIT hospitals an hour', async () => {
    const medic = await service.given.medic();
    for (let number = 0; number < LIMIT; number += 1) (await medic.post('/hospital/', HOSPITAL)).isCreated();
    (await medic.post('/hospital/', HOSPITAL)).isError(429, tooMany);
  });

  test('an account creates CREATE_LIMIT memberships an hour, and a 409 counts', async () => {
    const { admin, hospital, member, outsider, stranger } = await service.given.hospital();
    const add = (medic: number) => admin.post('/management/memberships/', { medic, hospital });
    (await add(outsider.id)).isCreated();
    (await add(member.id)).isConflict(/^Membership already exists/);
    (await add(2_000_000_000)).isInvalid('medic');
    (await add(stranger.id)).isError(429, tooMany);
  });

  test('the rows of a bulk request count like single creations, unless they cannot be read', async () => {
    const { admin, hospital, member, outsider, stranger } = await service.given.hospital();
    const add = (...memberships: object[]) => admin.post('/management/memberships/bulk/', { hospital, memberships });
    (await add({ medic: outsider.id }, { medic: member.id }, { medic: 'x' }, {})).isOk({ created: 1, failed: 2 });
    (await add({ medic: stranger.id }, { medic: 2_000_000_000 })).isError(429, tooMany);
  });

  test('a bulk request that is refused at a limit spends nothing of it, nor of another one', async () => {
    const { admin, hospital, outsider, stranger } = await service.given.hospital();
    const add = (...memberships: object[]) => admin.post('/management/memberships/bulk/', { hospital, memberships });
    for (let tries = 0; tries < LIMIT; tries += 1) (await admin.get('/search/medics/?query=nobody@example.org')).isOk();
    (await add({ medic: outsider.id }, { email: stranger.email })).isError(429, tooMany);
    (await add({ medic: outsider.id })).isOk({ created: 1 });
    (await add({ medic: stranger.id }, { medic: outsider.id }, { medic: 2_000_000_000 })).isError(429, tooMany);
    (await add({ medic: stranger.id }, { medic: outsider.id })).isOk({ created: 1, unchanged: 1 });
    (await add({ medic: stranger.id })).isError(429, tooMany);
  });

  test('a bulk request with more rows than CREATE_LIMIT is a 400 that names the limit, and spends nothing', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    const send = (count: number) => {
      const memberships = Array.from({ length: count }, () => ({ medic: outsider.id }));
      return admin.post('/management/memberships/bulk/', { hospital, memberships });
    };
    const sentence = 'Send at most 3 rows: an account may add 3 memberships an hour.';
    expect((await send(LIMIT + 1)).isInvalid('memberships').body()).toMatchObject({
      errors: { memberships: [sentence] },
    });
    (await send(LIMIT)).isOk({ failed: LIMIT });
    (await send(1)).isError(429, tooMany);
  });

  test('one of many workers, each of which allows a share, still allows one whole bulk request', async () => {
    const environment = { RATE_LIMIT: 6000, CREATE_LIMIT: 10_000, WEB_CONCURRENCY: 64 } as Environment;
    const limits = new AccountLimits(environment, new Limiters(null, environment));
    const caller = { rootId: 1 } as CurrentMedic;
    for (const kind of ['memberships', 'emails'] as const) {
      await limits.countCreation(caller, kind, 1000);
      await expect(limits.countCreation(caller, kind)).rejects.toThrow(TooManyRequests);
    }
  });

  test('an account uploads a tenth of CREATE_LIMIT pictures an hour, at least the two of one hospital', async () => {
    const medic = await service.given.medic();
    const both = new FormData();
    for (const [name, value] of Object.entries(HOSPITAL)) both.append(name, value);
    for (const name of ['picture', 'university_logo']) both.append(name, new Blob([jpeg()]), 'a.jpg');
    const { id } = (await medic.post('/hospital/', both)).isCreated().body<{ id: number }>();
    const path = `/hospital/${String(id)}`;
    const one = new FormData();
    one.append('picture', new Blob([jpeg(2000)]), 'a.jpg');
    (await medic.patch(path, one)).isError(429, tooMany);
    (await medic.patch(path, { picture: null })).isCreated();
  });

  test('an account looks up CREATE_LIMIT emails an hour, by searching or by changing its own', async () => {
    const medic = await service.given.medic();
    (await medic.get('/search/medics/?query=nobody@example.org')).isOk();
    (await medic.get(`/search/medics/?query=${medic.email}`)).isOk();
    (await medic.patch(`/medics/${String(medic.id)}`, { email: medic.email })).is(202);
    (await medic.get(`/search/medics/?query=${medic.email}`)).isError(429, tooMany);
    (await medic.patch(`/medics/${String(medic.id)}`, { email: 'x@example.org' })).isError(429, tooMany);
    (await medic.get('/search/medics/')).isOk();
    (await medic.patch(`/medics/${String(medic.id)}`, { name: 'A' })).is(202);
  });
});

describe('refused creations', () => {
  test('a creation that is refused for a missing right or an invalid field does not count', async () => {
    const { stranger, member, hospital, outsider } = await service.given.hospital();
    for (let tries = 0; tries <= LIMIT; tries += 1) {
      (await member.post('/management/memberships/', { medic: outsider.id, hospital })).isRefused('Unauthorized Medic');
      (await member.post('/medics/', medicBody({ hospital }))).isInvalid('hospital');
      (await stranger.post('/medics/', medicBody({ email: 'none' }))).isInvalid('email');
      (await stranger.post('/hospital/', {})).is(400);
    }
    (await member.post('/medics/', medicBody())).isCreated();
    (await stranger.post('/medics/', medicBody())).isCreated();
    (await stranger.post('/hospital/', HOSPITAL)).isCreated();
  });
});

describe('with CREATE_LIMIT=0', () => {
  const unlimited = useService({ RATE_LIMIT: '100000', CREATE_LIMIT: '0' });

  test('CREATE_LIMIT=0 turns the limit off', async () => {
    const medic = await unlimited.given.medic();
    for (let number = 0; number <= LIMIT; number += 1) (await medic.post('/hospital/', HOSPITAL)).isCreated();
  });
});
