import { RecordReader } from '../../src/record/record-reader.js';
import { verifierKeyText } from '../../src/record/evidence/signed-note.js';
import { SigningKeys } from '../../src/record/evidence/signing-keys.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { paste, stepsOf } from '../support/readme.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const SIGNING_KEY_FILE = write(useFolder(), 'key.pem', newPem());
const service = useService({ SIGNING_KEY_FILE });

/** @returns the output without hashes, signatures, ids, times and numbers */
function withoutChance(text: string): string {
  return text
    .trim()
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/(?<=^|\s)[A-Za-z0-9+/]{40,}={0,2}$/gm, '<base64>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replace(/"role":"\w+"/g, '"role":<role>')
    .replace(/(?<![\w<-])\d+\b/g, '<number>');
}

test('each command of the page about audits prints the output below it', async () => {
  await service.given.hospital();
  await service.given.hospital();
  const auditor = await givenService(service, 'record:read');
  const { origin } = await service.app.get(RecordReader).head();
  const [key] = SigningKeys.read(SIGNING_KEY_FILE).all;
  const steps = stepsOf('docs/audit.md');
  const printed = await paste(steps, service.client.url, {
    hms_the_key_of_the_auditor: auditor.key,
    the_verifier_key: key === undefined ? '' : verifierKeyText(origin, key.publicKey),
  });
  expect(steps.length).toBeGreaterThan(6);
  steps.forEach(({ command, answer = '' }, index) => {
    expect({ command, answer: withoutChance(printed[index] ?? '') }).toEqual({
      command,
      answer: withoutChance(answer),
    });
  });
});
