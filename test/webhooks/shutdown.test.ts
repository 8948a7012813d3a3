import { isServer } from '../support/server.js';
import { Service } from '../support/service.js';
import { useCertificate } from './certificate.js';
import { Endpoints } from './endpoints.js';

const certificate = useCertificate();

// Needs a second connection, because the service closes its own.
(isServer ? test : test.skip)(
  'a process that ends while a receiver hangs ends the attempt, counts no failure and gives its lease back',
  async () => {
    const service = new Service({ WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_CA_FILE: certificate.file });
    await service.start();
    const { receiver, position } = await new Endpoints(service, certificate).add();
    receiver.replies.push('hang');
    await service.given.emptyHospital();
    await receiver.of(1);
    const observer = await service.database.connect();
    await service.app.close();
    const { rows } = await observer.query('SELECT position::integer, failures, lease FROM webhook');
    await observer.end();
    expect(rows).toEqual([{ position, failures: 0, lease: null }]);
    receiver.close();
    await service.database.drop();
  },
);
