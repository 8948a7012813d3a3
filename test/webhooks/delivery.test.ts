import type { HospitalScene } from '../support/given.js';
import { useService } from '../support/service.js';
import { storedBodies } from '../record/feed.js';
import { useCertificate } from './certificate.js';
import { useEndpoints } from './endpoints.js';
import { verify } from './receiver.js';

const certificate = useCertificate();
const service = useService({ WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_CA_FILE: certificate.file });
const endpoints = useEndpoints(service, certificate);

let scene: HospitalScene;
beforeAll(async () => {
  scene = await service.given.hospital();
});

/** Changes the type of the member's membership, over HTTP. */
const change = async (type: 'ADMIN' | 'MEMBER') => {
  const path = `/management/memberships/${String(scene.membership)}/`;
  (await scene.admin.patch(path, { type_membership: type }, { concurrent: true })).isCreated();
};
const toggle = () =>
  service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [scene.hospital]);

const linesAbout = (name: string) => service.log.filter((line) => line.includes(`webhook ${name}:`));

describe('a webhook', () => {
  test('a webhook gets every entry of the record in order, with exactly its bytes, signed for standardwebhooks', async () => {
    const { receiver, secret, name } = await endpoints.add({ after: 0 });
    const bodies = await storedBodies(service);
    const received = await receiver.of(bodies.length);
    for (const [index, body] of bodies.entries()) {
      const message = received[index];
      if (message === undefined) throw new Error('A message is missing.');
      const { id, type, at } = message.entry;
      expect(message.body).toBe(`{"type":"${type}","timestamp":"${at}","data":${body}}`);
      expect(verify(secret, message)).toEqual({ type, timestamp: at, data: JSON.parse(body) as unknown });
      expect(message.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(message.body)),
        'user-agent': expect.stringMatching(/^hospital-memberships\/\d/) as string,
        'webhook-id': id,
        'webhook-timestamp': expect.stringMatching(/^\d{10}$/) as string,
        'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/) as string,
      });
    }
    expect(await endpoints.settled(name, ({ position, head }) => position === head)).toMatchObject({
      failures: 0,
      delivered_at: expect.stringMatching(/Z$/) as string,
    });
    expect(receiver.connections).toBe(1);
  });

  test('a webhook gets what changes from now on by default, each change as it is made', async () => {
    const { receiver, position } = await endpoints.add();
    await change('ADMIN');
    expect(await receiver.of(1)).toMatchObject([
      { entry: { type: 'membership.changed', membership: scene.membership, position: position + 1 } },
    ]);
    await change('MEMBER');
    await receiver.of(2);
    expect(receiver.positions).toEqual([position + 1, position + 2]);
  });

  test('a webhook with many entries behind it gets all of them in order, under one lease after another', async () => {
    const { receiver, position } = await endpoints.add();
    await service.given.crowd(scene.hospital, 130);
    await receiver.of(260);
    expect(receiver.positions).toEqual(Array.from({ length: 260 }, (_, index) => position + index + 1));
  });

  test('a webhook with filters gets only entries that match, and advances over all others', async () => {
    const other = await service.given.hospital();
    const byType = await endpoints.add({ types: ['hospital.activated', 'hospital.deactivated'] });
    const byHospital = await endpoints.add({ hospital: other.hospital });
    await toggle();
    await toggle();
    await change('ADMIN');
    await change('MEMBER');
    await service.dataSource.query('UPDATE hospital SET is_active = false WHERE id = $1', [other.hospital]);
    for (const { name } of [byType, byHospital])
      await endpoints.settled(name, ({ position }) => position === byType.position + 5);
    const seen = ({ received }: typeof byType.receiver) => received.map(({ entry }) => [entry.type, entry.hospital]);
    expect(seen(byType.receiver)).toEqual([
      ['hospital.deactivated', scene.hospital],
      ['hospital.activated', scene.hospital],
      ['hospital.deactivated', other.hospital],
    ]);
    expect(seen(byHospital.receiver)).toEqual([['hospital.deactivated', other.hospital]]);
  });
});

describe('a delivery that fails', () => {
  test('a delivery that fails is repeated with the same id until it succeeds, and nothing behind it is sent before', async () => {
    const { receiver, name, position, secret } = await endpoints.add();
    receiver.replies.push({ status: 500 }, { status: 503 });
    await toggle();
    await toggle();
    expect(await endpoints.settled(name, ({ failures }) => failures === 1)).toMatchObject({
      position,
      last_failure: 'status 500',
      disabled_at: null,
    });
    await endpoints.due(name);
    await endpoints.settled(name, ({ failures }) => failures === 2);
    expect(receiver.positions).toEqual([position + 1, position + 1]);
    await endpoints.due(name);
    const summary = await endpoints.settled(name, ({ position: at }) => at === position + 2);
    expect(summary).toMatchObject({ failures: 0, failing_since: null, last_failure: null });
    expect(receiver.positions).toEqual([position + 1, position + 1, position + 1, position + 2]);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
    for (const message of receiver.received) verify(secret, message);
    const lines = linesAbout(name);
    expect(lines[0]).toContain('status 500; next attempt in 5 s');
    expect(lines[1]).toMatch(/status 503; next attempt in ([5-9]|10) s/);
    expect(lines[2]).toContain('delivered again');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(/whsec|127\.0\.0\.1|tenant/);
  });

  test.each([301, 302, 303, 307, 308])(
    'a delivery fails if the response is a redirect with status %i, which is not followed',
    async (status) => {
      const target = await endpoints.receiver();
      const { receiver, name, position } = await endpoints.add();
      receiver.replies.push({ status, headers: { location: target.url() } });
      await toggle();
      await endpoints.settled(name, ({ failures }) => failures === 1);
      expect((await endpoints.summaryOf(name)).position).toBe(position);
      expect(target.received).toEqual([]);
    },
  );

  test('a delivery that fails waits as long as Retry-After asks, at most an hour', async () => {
    const { receiver, name } = await endpoints.add();
    const inHalfAnHour = new Date(Date.now() + 1_800_000).toUTCString();
    receiver.replies.push(
      { status: 429, headers: { 'retry-after': '600' } },
      { status: 503, headers: { 'retry-after': inHalfAnHour } },
      { status: 503, headers: { 'retry-after': '999999' } },
    );
    await toggle();
    const delays: number[] = [];
    for (let failures = 1; failures <= 3; failures += 1) {
      await endpoints.settled(name, (summary) => summary.failures === failures);
      delays.push(Number(/next attempt in (\d+) s/.exec(linesAbout(name).at(-1) ?? '')?.[1]));
      await endpoints.due(name);
    }
    const [first, second = 0, third] = delays;
    expect([first, third]).toEqual([600, 3600]);
    expect(Math.abs(second - 1800)).toBeLessThan(120);
    await receiver.of(4);
  });

  test('a delivery that fails with 410 disables the webhook, which continues at its position once it is enabled', async () => {
    const { receiver, name, position } = await endpoints.add();
    receiver.replies.push({ status: 410 });
    await toggle();
    await toggle();
    expect(await endpoints.settled(name, ({ disabled_at }) => disabled_at !== null)).toMatchObject({
      disabled_because: 'gone',
      position,
    });
    expect(linesAbout(name).at(-1)).toContain('status 410; disabled');
    await endpoints.due(name);
    await endpoints.webhooks.enable(name);
    endpoints.wake();
    await receiver.of(3);
    expect(receiver.positions).toEqual([position + 1, position + 1, position + 2]);
  });

  test('a webhook that fails for three days is disabled, not sooner, and nothing is skipped once it is enabled', async () => {
    const { receiver, name, position } = await endpoints.add();
    receiver.replies.push(...Array.from({ length: 4 }, () => ({ status: 500 })));
    await toggle();
    const age = async (interval: string) => {
      await service.dataSource.query(
        'UPDATE webhook SET failing_since = now() - $2::interval, next_attempt_at = now() WHERE name = $1',
        [name, interval],
      );
      endpoints.wake();
    };
    await endpoints.settled(name, ({ failures }) => failures === 1);
    await age('2 days 23:59:00');
    expect((await endpoints.settled(name, ({ failures }) => failures === 2)).disabled_at).toBeNull();
    await age('3 days');
    const disabled = await endpoints.settled(name, ({ failures }) => failures === 3);
    expect(disabled).toMatchObject({ disabled_because: 'failures', position, last_failure: 'status 500' });
    await toggle();
    await endpoints.webhooks.enable(name);
    endpoints.wake();
    // The three days begin again.
    const enabled = await endpoints.settled(name, ({ failures }) => failures === 1);
    expect(enabled.disabled_at).toBeNull();
    await endpoints.due(name);
    await endpoints.settled(name, ({ position: at }) => at === position + 2);
    expect(receiver.positions.slice(-2)).toEqual([position + 1, position + 2]);
  });
});
