import { generateKey } from '../../src/auth/token-key.js';
import { HOSPITAL } from '../support/bodies.js';
import { until } from '../support/until.js';
import { MeasuredServers, samplesOf, scrape } from './measured.js';

/** The first id of each kind, so that a text that contains one is found. */
const FIRST_IDS = {
  medic: 771_000_001,
  hospital: 772_000_001,
  membership: 773_000_001,
  api_token: 774_000_001,
  service_account: 775_000_001,
  webhook: 776_000_001,
};
const { medic, hospital, membership } = FIRST_IDS;

const servers = new MeasuredServers(async ({ dataSource }) => {
  for (const [table, id] of Object.entries(FIRST_IDS))
    await dataSource.query(`SELECT setval(pg_get_serial_sequence($1, 'id'), $2, false)`, [table, id]);
});
let token: string;
let serviceKey: string;
beforeEach(async () => {
  token = await servers.key('medic', 'create', '--name', 'A', '--email', 'a@example.org');
  const scopes = ['decision:check', 'decision:search', 'event:read'].flatMap((scope) => ['--scope', scope]);
  serviceKey = await servers.key('service', 'create', '--name', 'asker', ...scopes);
});

/** Sends a request as the medic, or as the service account. @returns the status and the body */
async function send(url: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: path.startsWith('/api/v2') ? `Token ${token}` : `Bearer ${serviceKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** @returns a running server, on which the medic is the ADMIN of a hospital */
async function serveHospital(variables: Record<string, string> = {}) {
  const server = await servers.serve(variables);
  expect(await send(server.url, '/api/v2/hospital/', HOSPITAL)).toMatchObject({ status: 201, body: { id: hospital } });
  return server;
}

/** A question about the medic at a hospital. */
const question = (name: string, id = hospital) => ({
  subject: { type: 'medic', id: String(medic) },
  action: { name },
  resource: { type: 'hospital', id: String(id) },
});

const decisionsIn = async (metrics: string) => samplesOf(await scrape(metrics), 'memberships_decisions_total');

describe('decisions', () => {
  const ask = async (url: string, name: string, id?: number) => {
    const { status, body } = await send(url, '/access/v1/evaluation', question(name, id));
    expect(status).toBe(200);
    return body['decision'];
  };

  test('memberships_decisions_total counts each decision by its action and result, and an action that the service does not know as other', async () => {
    const { url, metrics } = await serveHospital();
    expect(await decisionsIn(metrics)).toEqual({});
    expect(await ask(url, 'prescribe')).toBe(true);
    expect(await ask(url, 'administer')).toBe(true);
    expect(await ask(url, 'prescribe', hospital + 1)).toBe(false);
    expect(await ask(url, 'prescribe', hospital + 1)).toBe(false);
    expect(await ask(url, 'secret-action')).toBe(false);
    expect(await decisionsIn(metrics)).toEqual({
      '{action="prescribe",result="allow"}': 1,
      '{action="administer",result="allow"}': 1,
      '{action="prescribe",result="deny"}': 2,
      '{action="other",result="deny"}': 1,
    });
  });

  test('memberships_decisions_total counts the decisions of a batch one by one, without those that are errors or come after its end', async () => {
    const { url, metrics } = await serveHospital();
    const [allowed, denied] = [question('prescribe'), question('administer', hospital + 1)];
    const ended = { options: { evaluations_semantic: 'deny_on_first_deny' } };
    for (const batch of [
      { evaluations: [allowed, allowed, denied, question('secret-action'), { subject: allowed.subject }] },
      { evaluations: [allowed, denied, allowed, allowed], ...ended },
    ])
      expect((await send(url, '/access/v1/evaluations', batch)).status).toBe(200);
    expect(await decisionsIn(metrics)).toEqual({
      '{action="prescribe",result="allow"}': 3,
      '{action="administer",result="deny"}': 2,
      '{action="other",result="deny"}': 1,
    });
  });

  test('memberships_decisions_total does not count searches, which decide nothing, nor requests that are refused', async () => {
    const { url, metrics } = await serveHospital();
    const { subject, action, resource } = question('prescribe');
    for (const [path, body] of [
      ['subject', { subject: { type: 'medic' }, action, resource }],
      ['resource', { subject, action, resource: { type: 'hospital' } }],
      ['action', { subject, resource }],
    ] as const) {
      const found = await send(url, `/access/v1/search/${path}`, body);
      expect([found.status, found.body['results']]).toEqual([200, expect.arrayContaining([expect.anything()])]);
    }
    expect((await send(url, '/access/v1/evaluation', { subject })).status).toBe(400);
    const asMedic = { authorization: `Token ${token}` };
    expect((await send(url, '/access/v1/evaluation', question('prescribe'), asMedic)).status).toBe(403);
    expect(await decisionsIn(metrics)).toEqual({});
  });
});

test('memberships_record_position is the number of entries, and memberships_record_age_seconds grows until the next one', async () => {
  const { url, metrics } = await serveHospital();
  const { body } = await send(url, '/events?limit=1');
  const samples = await until(async () => {
    const read = await scrape(metrics);
    return read.get('memberships_record_waiting') === 0 ? read : undefined;
  });
  expect(samples.get('memberships_record_position')).toBe(body['head']);
  const age = async () => (await scrape(metrics)).get('memberships_record_age_seconds') ?? -1;
  const first = await age();
  expect(first).toBeGreaterThan(0);
  const second = await until(async () => {
    const read = await age();
    return read > first ? read : undefined;
  });
  expect((await send(url, '/api/v2/hospital/', HOSPITAL)).status).toBe(201);
  await until(async () => (await age()) < second);
  // The hospital and the membership of its ADMIN.
  expect((await scrape(metrics)).get('memberships_record_position')).toBe(Number(body['head']) + 2);
});

test("memberships_webhook_lag is the number of entries after a webhook's position, by the operator's name for it", async () => {
  const add = (name: string, ...options: string[]) =>
    servers.key('webhook', 'add', '--name', name, '--url', `https://${name}.invalid/secret-path`, ...options);
  await add('payroll', '--after', '0');
  await add('audit');
  const { metrics } = await serveHospital();
  const samples = await until(async () => {
    const read = await scrape(metrics);
    return read.get('memberships_record_waiting') === 0 ? read : undefined;
  });
  const position = samples.get('memberships_record_position');
  expect(position).toBeGreaterThan(2);
  // The hospital and the membership of its ADMIN are later than the second webhook.
  expect(samplesOf(samples, 'memberships_webhook_lag')).toEqual({
    '{webhook="payroll"}': position,
    '{webhook="audit"}': 2,
  });
});

test('memberships_refused_keys_total counts requests without a key, with one that is not live, and with one that is not looked up', async () => {
  const { url, metrics } = await servers.serve({ RATE_LIMIT: '3' });
  const refused = async () => samplesOf(await scrape(metrics), 'memberships_refused_keys_total');
  const statusWith = async (authorization?: string) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    return (await fetch(`${url}/api/v2/locations/`, { headers })).status;
  };
  expect(await statusWith()).toBe(401);
  expect(await statusWith('Token nonsense')).toBe(401);
  expect(await refused()).toEqual({ '{reason="none"}': 2 });
  expect(await statusWith(`Token ${generateKey()}`)).toBe(401);
  expect(await refused()).toEqual({ '{reason="none"}': 2, '{reason="not live"}': 1 });
  expect(await statusWith(`Token ${generateKey()}`)).toBe(429);
  const last = await refused();
  expect(last).toMatchObject({ '{reason="none"}': 2, '{reason="limited"}': 1 });
});

test('no label holds an id of a medic, a hospital, a membership or a token, an email or a key, whatever is asked', async () => {
  await servers.key('webhook', 'add', '--name', 'payroll', '--url', 'https://hooks.example.org/secret-path');
  const server = await serveHospital();
  const { subject, action, resource } = question('prescribe');
  const requests: readonly (readonly [string, object?])[] = [
    ['/api/v2/medics/', { name: 'B', email: 'b@example.org', password: 'a long password' }],
    [`/api/v2/medics/${String(medic)}`],
    [`/api/v2/hospital/${String(hospital)}`],
    [`/api/v2/management/memberships/${String(membership)}`],
    [`/api/v2/management/memberships/${String(membership)}/history/`],
    [`/api/v2/memberships/${String(hospital)}`],
    ['/api/v2/search/medics/?query=b@example.org'],
    ['/api/v2/token-auth/', { email: 'b@example.org', password: 'a long password' }],
    [`/api/v2/${String(medic)}/b@example.org/${token}`],
    [`/access/${serviceKey}`],
    ['/access/v1/evaluation', question('prescribe')],
    ['/access/v1/evaluation', question(token)],
    ['/access/v1/evaluations', { evaluations: [question('administer'), question('b@example.org')] }],
    ['/access/v1/search/subject', { subject: { type: 'medic' }, action, resource }],
    ['/access/v1/search/action', { subject, resource }],
    [`/events?medic=${String(medic)}`],
  ];
  const statuses = [];
  for (const [path, body] of requests) statuses.push((await send(server.url, path, body)).status);
  expect(statuses).toEqual([201, ...Array<number>(7).fill(200), 404, 404, ...Array<number>(6).fill(200)]);
  const samples = await scrape(server.metrics);
  expect(samplesOf(samples, 'memberships_webhook_lag')).toEqual({ '{webhook="payroll"}': expect.any(Number) });
  const found = [...samples.keys()].filter((series) => /77[1-6]\d{6}|@|example|secret|hm[ks]_/.test(series));
  expect(found).toEqual([]);
});
