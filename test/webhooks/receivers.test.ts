import { useService } from '../support/service.js';
import { useCertificate } from './certificate.js';
import { useEndpoints } from './endpoints.js';

const certificate = useCertificate();
const service = useService({ WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_CA_FILE: certificate.file });
const endpoints = useEndpoints(service, certificate);

let hospital: number;
beforeAll(async () => {
  hospital = await service.given.emptyHospital();
});

const toggle = () =>
  service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [hospital]);

describe('a receiver', () => {
  test('a receiver that hangs delays no other, however many hang', async () => {
    const hanging = await Promise.all(Array.from({ length: 5 }, () => endpoints.add()));
    for (const { receiver } of hanging) receiver.replies.push('hang');
    const other = await endpoints.add();
    await toggle();
    await Promise.all(hanging.map(({ receiver }) => receiver.of(1)));
    for (let count = 1; count <= 4; count += 1) {
      await other.receiver.of(count);
      await toggle();
    }
    await other.receiver.of(5);
    for (const { name, receiver, position } of hanging) {
      expect(receiver.positions).toEqual([position + 1]);
      expect((await endpoints.summaryOf(name)).failures).toBe(0);
    }
  });

  test('a receiver that hangs is left after 15 seconds, and tried again later', async () => {
    const { name, receiver } = await endpoints.add();
    receiver.replies.push('hang');
    await toggle();
    await endpoints.settled(name, ({ last_failure }) => last_failure === 'no response in 15 s');
    await endpoints.due(name);
    await receiver.of(2);
  });

  test('a receiver whose response has an endless body has accepted the entry: the body is not read', async () => {
    let written = 0;
    const endless = await endpoints.receiver((request, response) => {
      request.resume();
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.on('drain', write);
      write();
    });
    const { name, position } = await endpoints.add({}, endless);
    await toggle();
    await toggle();
    await endpoints.settled(name, ({ position: at }) => at === position + 2);
    expect(endless.connections).toBe(2);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  test('a receiver gets nothing after its webhook is disabled, and what it missed once it is enabled', async () => {
    const { name, receiver, position } = await endpoints.add();
    await endpoints.webhooks.disable(name);
    const other = await endpoints.add();
    await toggle();
    await toggle();
    await other.receiver.of(2);
    expect([receiver.received, (await endpoints.summaryOf(name)).disabled_because]).toEqual([[], 'operator']);
    await endpoints.webhooks.enable(name);
    endpoints.wake();
    await receiver.of(2);
    expect(receiver.positions).toEqual([position + 1, position + 2]);
  });

  test('a receiver with a certificate for another host gets nothing', async () => {
    const { name, receiver } = await endpoints.add();
    const url = receiver.url('localhost');
    await service.dataSource.query('UPDATE webhook SET url = $2 WHERE name = $1', [name, url]);
    await toggle();
    const { last_failure } = await endpoints.settled(name, ({ failures }) => failures === 1);
    expect([last_failure, receiver.received]).toEqual(['ERR_TLS_CERT_ALTNAME_INVALID', []]);
  });
});
