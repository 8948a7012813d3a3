import { HOSPITAL } from '../support/bodies.js';
import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { API } from '../support/client.js';
import { useService } from '../support/service.js';

const service = useService();

const CHANGED = /has changed since you read it/;

/** An object, and a change by a caller who may make it. */
interface Edited {
  readonly by: Actor;
  readonly path: string;
  readonly method: 'PATCH' | 'DELETE';
  readonly body?: object;
  /** Changes the object by another way. */
  readonly elsewhere: () => Promise<unknown>;
}

async function givenMembership(): Promise<Omit<Edited, 'method'>> {
  const { admin, membership } = await service.given.hospital();
  return {
    by: admin,
    path: `/management/memberships/${String(membership)}`,
    elsewhere: async () =>
      (await admin.changeMembership(membership, { is_active: true, is_deleted: true })).isCreated(),
  };
}

const EDITS: [name: string, given: () => Promise<Edited>][] = [
  [
    'a change of type of a membership',
    async () => {
      const { admin, membership } = await service.given.hospital();
      return {
        by: admin,
        path: `/management/memberships/${String(membership)}`,
        method: 'PATCH',
        body: { type_membership: 'ADMIN' },
        elsewhere: async () =>
          service.dataSource.query<unknown>(`UPDATE membership SET is_active = false WHERE id = $1`, [membership]),
      };
    },
  ],
  [
    'a restored membership',
    async () => {
      const edited = await givenMembership();
      await edited.elsewhere();
      const back = async () => (await edited.by.patch(edited.path, { is_deleted: false })).isCreated();
      return { ...edited, method: 'PATCH', body: { is_deleted: false }, elsewhere: back };
    },
  ],
  [
    'a removal of a membership',
    async () => {
      const { admin, member, membership } = await service.given.hospital();
      const rename = async () => (await member.patch(`/medics/${String(member.id)}`, { name: 'Other' })).is(202);
      const path = `/management/memberships/${String(membership)}`;
      return { by: admin, path, method: 'DELETE', elsewhere: rename };
    },
  ],
  [
    'a medic who leaves a hospital',
    async () => {
      const { admin, member, membership } = await service.given.hospital();
      const promote = async () => (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
      const path = `/management/memberships/${String(membership)}`;
      return { by: member, path, method: 'DELETE', elsewhere: promote };
    },
  ],
  [
    'a change of a hospital',
    async () => {
      const { admin, hospital } = await service.given.hospital();
      const path = `/hospital/${String(hospital)}`;
      const rename = async () => (await admin.patch(path, { name: 'Other' })).isCreated();
      return { by: admin, path, method: 'PATCH', body: { headline: 'New' }, elsewhere: rename };
    },
  ],
  [
    'a change of a medic',
    async () => {
      const { admin, member, hospital, membership } = await service.given.hospital();
      const path = `/medics/${String(member.id)}`;
      // The medic object contains the type of the current membership.
      const promote = async () => (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
      return { by: member, path, method: 'PATCH', body: { name: 'New', hospital }, elsewhere: promote };
    },
  ],
];

const tagOf = ({ headers }: CheckedResponse) => headers.get('etag') ?? '';

const send = ({ by, method, path, body }: Edited, ifMatch: string) =>
  by.send(method, path, { headers: { 'if-match': ifMatch }, ...(body === undefined ? {} : { body }) });

describe.each(EDITS)('%s', (name, given) => {
  const isDone = (answer: CheckedResponse) => {
    expect([201, 202]).toContain(answer.status);
  };

  test(`${name} is made if the object is the version that the client has seen`, async () => {
    const edited = await given();
    isDone(await send(edited, tagOf((await edited.by.get(edited.path)).isOk())));
  });

  test(`${name} is made if one of several tags matches`, async () => {
    const edited = await given();
    isDone(await send(edited, `"other", ${tagOf(await edited.by.get(edited.path))}`));
  });

  test(`${name} is made for any version that exists`, async () => {
    isDone(await send(await given(), '*'));
  });

  test(`${name} is a 412 that changes nothing if the object has changed`, async () => {
    const edited = await given();
    const tag = tagOf((await edited.by.get(edited.path)).isOk());
    await edited.elsewhere();
    (await send(edited, tag)).isError(412, CHANGED);
    isDone(await send(edited, tagOf((await edited.by.get(edited.path)).isOk())));
  });

  test(`${name} is a 412 for the weak form of the current tag`, async () => {
    const edited = await given();
    (await send(edited, `W/${tagOf(await edited.by.get(edited.path))}`)).isError(412, CHANGED);
  });

  test.each(['', ',', 'bare', '"open', 'W/', '"a" "b"', '*, "a"'])(
    `${name} with the malformed If-Match %j is a 400 that says what to send`,
    async (value) => {
      const answer = (await send(await given(), value)).isInvalid('If-Match');
      expect(answer.text).toMatch(/Must be \* or a list of entity tags in double quotes/);
    },
  );
});

describe('The order of refusals with If-Match', () => {
  const STALE = { headers: { 'if-match': '"stale"' } };

  test('the right is decided before the version', async () => {
    const { hospital, membership, member, outsider, admin } = await service.given.hospital();
    const path = `/management/memberships/${String(membership)}`;
    (await outsider.patch(path, { type_membership: 'ADMIN' }, STALE)).isRefused('Unauthorized Medic');
    (await member.patch(path, { type_membership: 'ADMIN' }, STALE)).isRefused('Unauthorized Medic');
    (await outsider.delete(path, STALE)).isRefused('Unauthorized Medic');
    (await member.patch(`/hospital/${String(hospital)}`, { name: 'X' }, STALE)).isRefused('Unauthorized Medic');
    (await outsider.patch(`/hospital/${String(hospital)}`, { name: 'X' }, STALE)).isNotFound();
    (await outsider.patch(`/medics/${String(admin.id)}`, { name: 'X' }, STALE)).isNotFound();
    (await service.client.patch(path, { type_membership: 'ADMIN' }, STALE)).isRefused('Invalid Token');
  });

  test('a malformed If-Match does not reveal what the caller may not know', async () => {
    const { hospital, outsider } = await service.given.hospital();
    const headers = { 'if-match': 'bare' };
    (await outsider.patch(`/hospital/${String(hospital)}`, { name: 'X' }, { headers })).isNotFound();
  });

  test('fields are validated before the version is compared', async () => {
    const { admin, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'OWNER' }, STALE)).isInvalid('type_membership');
    (await admin.changeMembership(membership, { medic: admin.id }, STALE)).isInvalid('medic');
  });

  test('the version is compared before the rules about the state', async () => {
    const { admin, adminship } = await service.given.hospital();
    (await admin.removeMembership(adminship)).isConflict(/ADMIN/);
    (await admin.removeMembership(adminship, STALE)).isError(412, CHANGED);
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER' }, STALE)).isError(412, CHANGED);
    const tag = tagOf((await admin.get(`/management/memberships/${String(adminship)}`)).isOk());
    (await admin.removeMembership(adminship, { headers: { 'if-match': tag } })).isConflict(/ADMIN/);
  });

  test('a membership that is already deleted is a 404 for a DELETE, not a 412', async () => {
    const { admin, membership } = await service.given.hospital();
    (await admin.removeMembership(membership)).isCreated();
    (await admin.removeMembership(membership, STALE)).isNotFound();
  });

  test('a missing right over the hospital of a medic is a 400 before the version', async () => {
    const { member, hospital, outsider } = await service.given.hospital();
    (await outsider.patch(`/medics/${String(outsider.id)}`, { hospital }, STALE)).isError(400, /permissions/);
    (await member.patch(`/medics/${String(member.id)}`, { hospital }, STALE)).isError(412, CHANGED);
  });
});

test('the tag of a creation can be sent with the next change', async () => {
  const admin = await service.given.medic();
  const created = (await admin.post('/hospital/', HOSPITAL)).isCreated();
  const path = `/hospital/${String(created.body<{ id: number }>().id)}`;
  const changed = (await admin.patch(path, { name: 'A' }, { headers: { 'if-match': tagOf(created) } })).isCreated();
  (await admin.patch(path, { name: 'B' }, { headers: { 'if-match': tagOf(changed) } })).isCreated();
  (await admin.patch(path, { name: 'C' }, { headers: { 'if-match': tagOf(created) } })).isError(412, CHANGED);
});

test('the version of a hospital is what GET returns on the host that the client names', async () => {
  const { admin, hospital } = await service.given.hospital();
  await service.dataSource.query(
    `INSERT INTO hospital_picture (hospital_id, kind, digest, content) VALUES ($1, 'picture', sha256('x'), 'x')`,
    [hospital],
  );
  const on = (host: string, method: string, headers: Record<string, string> = {}, body = '') =>
    sendRaw(
      service.client.url,
      rawRequest(
        `${method} ${API}/hospital/${String(hospital)}`,
        { Authorization: `Token ${admin.token}`, Host: host, 'Content-Type': 'application/json', ...headers },
        body,
      ),
    );
  const tag = tagOf(await on('one.example.org', 'GET'));
  const change = (host: string) => on(host, 'PATCH', { 'If-Match': tag }, '{"headline":"New"}');
  (await change('two.example.org')).isError(412, CHANGED);
  (await change('one.example.org')).isCreated();
});
