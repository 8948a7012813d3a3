import { useService } from '../support/service.js';
import { useCertificate } from './certificate.js';
import { useEndpoints } from './endpoints.js';

const certificate = useCertificate();
const service = useService({ WEBHOOK_CA_FILE: certificate.file });
const endpoints = useEndpoints(service, certificate);

test.each(['127.0.0.1', 'localhost', '2130706433', '[::1]', '[::ffff:127.0.0.1]'])(
  'without the setting nothing is connected to %s',
  async (host) => {
    const receiver = await endpoints.receiver();
    const { name, position } = await endpoints.add({ url: receiver.url(host) }, receiver);
    await service.given.emptyHospital();
    const summary = await endpoints.settled(name, ({ failures }) => failures === 1);
    expect(summary).toMatchObject({ position, last_failure: 'address not allowed' });
    expect(receiver.connections).toBe(0);
    expect(service.log.find((line) => line.includes(`webhook ${name}:`))).toContain(
      'address not allowed; next attempt',
    );
  },
);
