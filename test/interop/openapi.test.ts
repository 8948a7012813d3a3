import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const folder = useFolder();
const service = useService({ SIGNING_KEY_FILE: write(folder, 'key.pem', newPem()) });
const run = promisify(execFile);

const hasPython = spawnSync('python3', ['-m', 'venv', '--help']).status === 0;
if (!hasPython) process.stderr.write('Skipped: schemathesis needs Python, which is not installed.\n');

/** A virtual environment that outlives the run, because the installation takes a minute. */
const ENVIRONMENT = resolve('node_modules/.cache/schemathesis');
const PROGRAM = `${ENVIRONMENT}/bin/st`;

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

/** Requests of the phase of random requests, per operation. The other phases send what the schemas suggest. */
const EXAMPLES = '20';

beforeAll(async () => {
  if (!hasPython || existsSync(PROGRAM)) return;
  await run('python3', ['-m', 'venv', ENVIRONMENT]);
  await run(`${ENVIRONMENT}/bin/pip`, ['install', '--quiet', '-r', 'test/interop/requirements.txt']);
}, 300_000);

/** Runs schemathesis on some paths. @returns its report */
async function check(
  authorization: string,
  { paths, except = '^$', phases = 'examples,coverage,fuzzing' }: { paths: string; except?: string; phases?: string },
): Promise<string> {
  const selection = ['--include-path-regex', paths, '--exclude-path-regex', except];
  const options = ['--phases', phases, '--max-examples', EXAMPLES, '--seed', '1'];
  const limits = ['--request-timeout', '60', '--suppress-health-check', 'all', '--warnings', 'off'];
  const { stdout } = await run(
    PROGRAM,
    [
      'run',
      `${service.client.url}/openapi.json`,
      '--header',
      `Authorization: ${authorization}`,
      '--checks',
      CHECKS.join(','),
      ...selection,
      ...options,
      ...limits,
    ],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`schemathesis found:\n${stdout}${stderr}`);
  });
  return stdout;
}

(hasPython ? describe : describe.skip)('schemathesis finds no response that contradicts the OpenAPI document', () => {
  test('with the key of a medic', async () => {
    const { admin } = await service.given.hospital();
    const key = `Token ${admin.token}`;
    // Some operations of tokens revoke the key.
    const medics = { paths: '^/(api|rest-auth|health)', except: 'token-auth|/hospital' };
    expect(await check(key, medics)).toContain('No issues found');
    // Its random requests fail on the files of multipart bodies ("Unsupported type: 'Binary'").
    const hospitals = { paths: '^/api/v2/hospital', phases: 'examples,coverage' };
    expect(await check(key, hospitals)).toContain('No issues found');
  }, 900_000);

  test('with the key of a service account', async () => {
    const account = await givenService(service);
    const services = { paths: '^/(access|events|oauth2|record|\\.well-known)' };
    expect(await check(`Bearer ${account.key}`, services)).toContain('No issues found');
  }, 900_000);
});
