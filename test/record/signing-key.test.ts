import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../support/log.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const service = useService();
const [onServer, onEmbedded] = isServer ? [describe, describe.skip] : [describe.skip, describe];

const keySet = async () =>
  (await service.client.get('//.well-known/jwks.json')).isOk().body<{ keys: { x: string }[] }>().keys;

onServer('without a signing key on a server', () => {
  test.each([
    'checkpoint',
    'proof?position=1',
    'proof?position=99999',
    'proof?entry=00000000-0000-4000-8000-000000000000',
  ])('%s is a 501 that names the setting', async (path) => {
    const auditor = await givenService(service, 'record:read');
    const { status, json } = await auditor.get(`/record/${path}`);
    expect([status, json]).toEqual([
      501,
      {
        type: 'about:blank',
        title: 'Not Implemented',
        status: 501,
        detail:
          'This service has no signing key; the operator sets SIGNING_KEY_FILE to a file that `record key` creates.',
      },
    ]);
  });

  test('tiles and entries work, and the key set is empty', async () => {
    const auditor = await givenService(service, 'record:read', 'event:read');
    await service.given.hospital();
    // A new entry gets its position within a second of its commit, without any request.
    await service.dataSource.query('SELECT record_sequence(1000)');
    for (const path of ['tile/0/000.p/1', 'tile/entries/000.p/1'])
      expect([path, (await auditor.get(`/record/${path}`)).status]).toEqual([path, 200]);
    expect(await keySet()).toEqual([]);
  });
});

onEmbedded('on the embedded database', () => {
  test('a key that only its owner can read is in DATA_DIR, and signs', async () => {
    const file = join(service.database.variables['DATA_DIR'] ?? '', 'signing-key.pem');
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const auditor = await givenService(service, 'record:read');
    const [key] = await keySet();
    openCheckpoint((await auditor.get('/record/checkpoint')).is(200).text, key?.x ?? '');
  });
});
