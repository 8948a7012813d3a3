import { instantOf } from '../../src/database/timestamps.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { until } from '../support/until.js';

const service = useService();

/** Defaults of a database or a role, each of which changes how values are written, read or stored. */
const DEFAULTS = {
  DateStyle: "'SQL, DMY'",
  TimeZone: "'America/Monterrey'",
  IntervalStyle: "'sql_standard'",
  bytea_output: "'escape'",
  extra_float_digits: '-15',
  array_nulls: 'off',
  standard_conforming_strings: 'off',
  default_transaction_isolation: "'serializable'",
  default_transaction_deferrable: 'on',
  client_encoding: "'LATIN1'",
  quote_all_identifiers: 'on',
  transform_null_equals: 'on',
};

/** Changes the defaults of the database and ends its connections, because only new ones get the defaults. */
async function setDefaults(): Promise<void> {
  const client = await service.database.connect();
  for (const [name, value] of Object.entries(DEFAULTS))
    await client.query(`ALTER DATABASE ${client.database ?? ''} SET ${name} = ${value}`);
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  await client.end();
}

async function readings(admin: Actor, hospital: number, reader: ServiceActor): Promise<unknown[]> {
  const paths = [
    '/hospital/',
    '/management/memberships/',
    '/locations/',
    `/hospital/${String(hospital)}`,
    `/memberships/${String(hospital)}`,
    `/medics/${String(admin.id)}`,
  ];
  const answers = await Promise.all([
    ...paths.map((path) => admin.get(path)),
    reader.get('/events?limit=1000'),
    reader.introspect(admin.token),
  ]);
  return answers.map(({ status, json }) => [status, json]);
}

// Nobody but the service can change the embedded database.
(isServer ? test : test.skip)('session defaults of the database change no response and break no write', async () => {
  const { admin, member, membership, hospital } = await service.given.hospital();
  const reader = await givenService(service, 'event:read', 'token:introspect');
  // More positions than numbers of one significant digit can tell apart.
  for (let count = 0; count < 12; count++)
    (
      await admin.patch(`/management/memberships/${String(membership)}/`, {
        type_membership: count % 2 === 0 ? 'ADMIN' : 'MEMBER',
      })
    ).isCreated();
  const before = await readings(admin, hospital, reader);
  await setDefaults();
  await until(async () => (await service.client.get('/locations/', { token: admin.token })).status === 200);
  expect(await readings(admin, hospital, reader)).toEqual(before);
  const created = (await admin.post('/hospital/', { ...HOSPITAL, name: 'Ñuñoa \\ "ü" 日本' })).isCreated();
  expect(created.json).toMatchObject({ name: 'Ñuñoa \\ "ü" 日本' });
  (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
  const { json } = (await admin.get(`/management/memberships/${String(membership)}`)).isOk();
  expect(json).toMatchObject({
    date_joined: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
  });
  (await member.patch(`/medics/${String(member.id)}`, { name: 'B' })).is(202);
  (await admin.post('/token-auth/rotate/')).isOk();
});

test.each([
  ['2020-11-04 01:12:12.017392+00', '2020-11-04T01:12:12.017392Z'],
  ['2020-11-04 01:12:12+00', '2020-11-04T01:12:12.000000Z'],
  ['2020-11-03 19:12:12.5-06', '2020-11-04T01:12:12.500000Z'],
  ['2020-11-04 06:42:12+05:30', '2020-11-04T01:12:12.000000Z'],
  ['infinity', 'infinity'],
  ['0044-03-15 00:00:00+00 BC', '0044-03-15 00:00:00+00 BC'],
  ['04/11/2020 01:12:12 CST', '04/11/2020 01:12:12 CST'],
])('a timestamp that PostgreSQL writes as %s never fails a response', (text, instant) => {
  expect(instantOf(text)).toBe(instant);
});
