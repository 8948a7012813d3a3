import { randomUUID } from 'node:crypto';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { ExpiredResponses } from '../../src/retries/expired-responses.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';
import { create, CREATIONS, isReplayed } from './writes.js';

const service = useService();

/** @returns the number of rows that a condition on `idempotent_response` selects */
async function count(condition: string, values: unknown[]): Promise<number> {
  const [row] = await service.dataSource.query<[{ count: number }]>(
    `SELECT count(*)::integer AS count FROM idempotent_response WHERE ${condition}`,
    values,
  );
  return row.count;
}

const age = (medicId: number, interval: string) =>
  service.dataSource.query(
    'UPDATE idempotent_response SET created_at = created_at - $2::text::interval WHERE medic_id = $1',
    [medicId, interval],
  );

/** Stores `number` made-up responses, one a second, of which the newest is this old. */
const store = (medicId: number, number: number, newest: string) =>
  service.dataSource.query(
    `INSERT INTO idempotent_response (medic_id, name, request, response, created_at)
     SELECT $1::integer, sha256(concat($1::integer, '.', n)::bytea), sha256(''), '', now() - $3::text::interval - n * interval '1 second'
     FROM generate_series(0, $2::integer - 1) n`,
    [medicId, number, newest],
  );

/** Sets a parameter of every connection for writes, which are idle. */
async function setForAll(setting: string): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, () => service.dataSource.query(`SET ${setting}`)));
}

const BODY = { headers: { 'idempotency-key': 'order-17' } };

describe('What ends a stored response', () => {
  test.each(CREATIONS.slice(1, 2))(
    '%s is replayed for 24 hours, and carried out again after that',
    async (_, given) => {
      const creation = await given(service);
      const first = (await create(creation, 'order-17')).isCreated();
      await age(creation.by.id, '23 hours 59 minutes');
      expect(isReplayed((await create(creation, 'order-17')).isCreated({ id: first.body()['id'] }))).toBe(true);
      await age(creation.by.id, '1 minute');
      const second = (await create(creation, 'order-17')).isCreated();
      expect([isReplayed(second), second.body()['id']]).not.toEqual([true, first.body()['id']]);
      expect(isReplayed((await create(creation, 'order-17')).isCreated({ id: second.body()['id'] }))).toBe(true);
    },
  );

  test('an expired key may be used for another request', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
    await age(medic.id, '24 hours');
    (await medic.post('/hospital/', { ...HOSPITAL, name: 'Other' }, BODY)).isCreated({ name: 'Other' });
  });

  test('of 10,000 responses of an account the oldest gives way to the next one', async () => {
    const [medic, other] = [await service.given.medic(), await service.given.medic()];
    (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
    (await other.post('/hospital/', HOSPITAL, BODY)).isCreated();
    await age(medic.id, '23 hours');
    await store(medic.id, 9_999, '1 hour');
    expect(isReplayed(await medic.post('/hospital/', HOSPITAL, BODY))).toBe(true);
    (await medic.post('/hospital/', HOSPITAL, { headers: { 'idempotency-key': 'order-18' } })).isCreated();
    expect(await count('medic_id = $1', [medic.id])).toBe(10_000);
    // The first one is gone, so this is another request, for which the next oldest gives way.
    expect(isReplayed((await medic.post('/hospital/', HOSPITAL, BODY)).isCreated())).toBe(false);
    expect(await count('medic_id = $1', [medic.id])).toBe(10_000);
    expect(isReplayed(await other.post('/hospital/', HOSPITAL, BODY))).toBe(true);
  });

  test('each request removes a few expired responses of anybody', async () => {
    const [medic, gone] = [await service.given.medic(), await service.given.medic()];
    await store(gone.id, 50, '24 hours');
    const left = [];
    for (let time = 0; time < 3; time += 1) {
      (await medic.post('/hospital/', HOSPITAL, { headers: { 'idempotency-key': randomUUID() } })).isCreated();
      left.push(await count('medic_id = $1', [gone.id]));
    }
    expect(left).toEqual([30, 10, 0]);
  });

  test('expired responses are removed without a request, in batches, and no other', async () => {
    const [medic, gone] = [await service.given.medic(), await service.given.medic()];
    (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
    await age(medic.id, '23 hours 59 minutes');
    await store(gone.id, 250, '24 hours');
    await service.app.get(ExpiredResponses).remove();
    expect([await count('medic_id = $1', [gone.id]), await count('medic_id = $1', [medic.id])]).toEqual([0, 1]);
    expect(isReplayed((await medic.post('/hospital/', HOSPITAL, BODY)).isCreated())).toBe(true);
  });
});

describe('If expired responses cannot be removed', () => {
  const remove = () => service.app.get(ExpiredResponses).remove();
  const warningsSince = (start: number) =>
    service.log.slice(start).filter((line) => line.includes('expired responses'));

  test('on a standby, which accepts no writes, nothing is logged, and they are removed once it is the primary', async () => {
    const gone = await service.given.medic();
    await store(gone.id, 1, '24 hours');
    const start = service.log.length;
    await setForAll('default_transaction_read_only = on');
    await remove();
    await setForAll('default_transaction_read_only = off');
    expect(warningsSince(start)).toEqual([]);
    expect(await count('medic_id = $1', [gone.id])).toBe(1);
    await remove();
    expect(await count('medic_id = $1', [gone.id])).toBe(0);
  });

  test('another failure is logged once, and again after a success', async () => {
    const start = service.log.length;
    const rename = (from: string, to: string) => service.dataSource.query(`ALTER TABLE ${from} RENAME TO ${to}`);
    for (const round of [1, 2]) {
      await rename('idempotent_response', 'elsewhere');
      await remove();
      await remove();
      await rename('elsewhere', 'idempotent_response');
      expect(warningsSince(start)).toHaveLength(round);
      await remove();
    }
  });
});

describe('What is not stored', () => {
  test('a refusal is not stored: the corrected request with the same key is carried out', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { type_membership: 'OWNER' }, BODY)).isInvalid('type_membership');
    (await admin.addMember(hospital, { ...outsider, id: 2_000_000_000 } as typeof outsider, {}, BODY)).isInvalid(
      'medic',
    );
    const added = (await admin.addMember(hospital, outsider, {}, BODY)).isCreated();
    expect(isReplayed(added)).toBe(false);
    (await admin.addMember(hospital, outsider, {}, { headers: { 'idempotency-key': 'order-18' } })).isConflict(
      /already exists/,
    );
    expect(isReplayed((await admin.addMember(hospital, outsider, {}, BODY)).isCreated())).toBe(true);
  });

  test('a taken email is a 400 again, until it is free', async () => {
    const medic = await service.given.medic();
    const body = medicBody();
    const taken = (await medic.post('/medics/', body)).isCreated();
    for (let time = 0; time < 2; time += 1) (await medic.post('/medics/', body, BODY)).isInvalid('email');
    (await medic.patch(`/medics/${String(taken.body()['id'])}`, { email: medicBody().email })).is(202);
    expect(isReplayed((await medic.post('/medics/', body, BODY)).isCreated())).toBe(false);
  });
});

describe('Who gets a replay', () => {
  test('the scope of an Idempotency-Key is the API key: another key of the same medic is another request', async () => {
    const medic = await service.given.medic();
    const token = await service.given.token(medic.id);
    const first = (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
    const other = (await medic.post('/hospital/', HOSPITAL, { ...BODY, token })).isCreated();
    expect([isReplayed(other), other.body()['id']]).not.toEqual([true, first.body()['id']]);
  });

  test('a revoked key gets no replay', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
    (await medic.delete('/token-auth/')).is(204);
    (await medic.post('/hospital/', HOSPITAL, BODY)).isRefused('Invalid Token');
  });

  test('a caller who has lost the right since then gets the refusal', async () => {
    const { admin, adminship, hospital, outsider } = await service.given.hospital();
    const second = await service.given.medic();
    await service.given.membership(second, hospital, { type: MembershipType.ADMIN, isActive: true });
    (await admin.addMember(hospital, outsider, {}, BODY)).isCreated();
    (await second.changeMembership(adminship, { type_membership: 'MEMBER' })).isCreated();
    (await admin.addMember(hospital, outsider, {}, BODY)).isRefused('Unauthorized Medic');
    (await second.changeMembership(adminship, { type_membership: 'ADMIN' })).isCreated();
    expect(isReplayed((await admin.addMember(hospital, outsider, {}, BODY)).isCreated())).toBe(true);
  });
});

test('a dump of the table contains neither the keys, nor the response, nor a digest that could be guessed', async () => {
  const { admin, hospital } = await service.given.hospital();
  const body = medicBody({ hospital, password: 'password' });
  const created = (await admin.post('/medics/', body, BODY)).isCreated().body<{ token: string }>();
  const [row] = await service.dataSource.query<[Record<'name' | 'request' | 'response' | 'digests', Buffer>]>(
    `SELECT name, request, response, sha256('order-17') || sha256(convert_to($2, 'UTF8')) AS digests
     FROM idempotent_response WHERE medic_id = $1`,
    [admin.id, admin.token],
  );
  const { digests, ...columns } = row;
  const dump = Buffer.concat(Object.values(columns)).toString('latin1');
  for (const secret of [admin.token, 'order-17', created.token, created.token.slice(4), body.email, body.name, '"id"'])
    expect(dump).not.toContain(secret);
  for (const start of [0, 32]) expect(dump).not.toContain(digests.subarray(start, start + 32).toString('latin1'));
  expect(service.log.join('')).not.toContain('order-17');
});

test('equal responses look different when stored', async () => {
  const [one, two] = [await service.given.medic(), await service.given.medic()];
  for (const medic of [one, two]) (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
  const rows = await service.dataSource.query<Record<'name' | 'request', Buffer>[]>(
    'SELECT name, request FROM idempotent_response WHERE medic_id IN ($1, $2)',
    [one.id, two.id],
  );
  expect(new Set(rows.map(({ name }) => name.toString('hex'))).size).toBe(2);
  expect(new Set(rows.map(({ request }) => request.toString('hex'))).size).toBe(2);
});

test('a stored response that somebody changed is not replayed', async () => {
  const medic = await service.given.medic();
  (await medic.post('/hospital/', HOSPITAL, BODY)).isCreated();
  await service.dataSource.query(
    'UPDATE idempotent_response SET response = set_byte(response, 40, get_byte(response, 40) # 1) WHERE medic_id = $1',
    [medic.id],
  );
  const answer = await fetch(`${service.client.url}/api/v2/hospital/`, {
    method: 'POST',
    headers: { authorization: `Token ${medic.token}`, 'content-type': 'application/json', ...BODY.headers },
    body: JSON.stringify(HOSPITAL),
  });
  expect(answer.status).toBe(500);
});
