import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { RecordReader } from '../../src/record/record-reader.js';
import { verifierKeyText } from '../../src/record/evidence/signed-note.js';
import { SigningKeys } from '../../src/record/evidence/signing-keys.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const folder = useFolder();
const SIGNING_KEY_FILE = write(folder, 'key.pem', newPem());
const service = useService({ SIGNING_KEY_FILE });

const hasGo = spawnSync('go', ['version']).status === 0;
if (!hasGo) process.stderr.write('Skipped: the independent libraries need Go, which is not installed.\n');

/** Leaves two entries for each medic, and one for their hospital. */
async function join(medics: number): Promise<void> {
  await service.given.crowd(await service.given.emptyHospital(), medics);
}

(hasGo ? test : test.skip)(
  'independent libraries accept the checkpoints, tiles, entries and proofs of a running service',
  async () => {
    const auditor = await givenService(service, 'record:read');
    await join(330);
    const kept = write(folder, 'kept.txt', (await auditor.get('/record/checkpoint')).is(200).text);
    await join(100);
    const { origin } = await service.app.get(RecordReader).head();
    const [key] = SigningKeys.read(SIGNING_KEY_FILE).all;
    const env = {
      ...process.env,
      RECORD_URL: `${service.client.url}/record/`,
      JWKS_URL: `${service.client.url}/.well-known/jwks.json`,
      RECORD_KEY: auditor.key,
      RECORD_VKEY: key === undefined ? '' : verifierKeyText(origin, key.publicKey),
      RECORD_KEPT_CHECKPOINT: kept,
    };
    const { stdout } = await promisify(execFile)('go', ['test', '-count=1', '-v', './...'], {
      cwd: 'test/interop',
      env,
    }).catch((error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`go test failed:\n${stdout}${stderr}`);
    });
    expect(stdout.match(/^--- PASS/gm)).toHaveLength(5);
  },
  600_000,
);
