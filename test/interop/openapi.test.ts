import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { empty } from '../support/empty.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const folder = useFolder();
const service = useService({ SIGNING_KEY_FILE: write(folder, 'key.pem', newPem()), CREATE_LIMIT: '0' });
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

/** The operations that may end the key of the request. */
const KEY_ENDING = ['updateMedic', 'rotateToken', 'revokeToken'];

/** The first hospital has no picture, and nobody knows the digest of a later one. */
const WITHOUT_SUCCESS = ['getPicture'];

beforeAll(async () => {
  if (!hasPython || existsSync(PROGRAM)) return;
  await run('python3', ['-m', 'venv', ENVIRONMENT]);
  await run(`${ENVIRONMENT}/bin/pip`, ['install', '--quiet', '-r', 'test/interop/requirements.txt']);
}, 300_000);

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { content: Record<string, unknown> };
}

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
}

/** Chooses the operations and the requests of a run. */
interface Selection {
  /** Regular expression of their paths. */
  readonly paths?: string;
  /** Id of the only one, instead of `paths`. */
  readonly only?: string;
  readonly except?: readonly string[];
  /** Separated by commas: what the document gives as examples, what its schemas suggest, and random requests. */
  readonly phases?: string;
  /** Number of random requests per operation. */
  readonly count?: number;
  /** Whether requests with files are left out, of which random ones fail ("Unsupported type: 'Binary'"). */
  readonly withoutFiles?: boolean;
}

/** The statuses of each operation that was called, by its id. */
type Statuses = ReadonlyMap<string, ReadonlySet<number>>;

/** At least one request to each operation. */
const FEW: Selection = { phases: 'examples,fuzzing', count: 1, withoutFiles: true };

/** Runs schemathesis, and fails if it finds an issue. @returns the statuses that the service logged */
async function check(
  authorization: string,
  { paths = '', only, except = [], phases = 'examples,coverage,fuzzing', count = 20, withoutFiles = false }: Selection,
): Promise<Statuses> {
  const document = (await service.document()) as unknown as OpenApi;
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  if (withoutFiles) for (const { requestBody } of operations) delete requestBody?.content['multipart/form-data'];
  service.log.length = 0;
  const { stdout } = await run(
    PROGRAM,
    [
      ...['run', write(folder, 'openapi.json', JSON.stringify(document)), '--url', service.client.url],
      ...['--header', `Authorization: ${authorization}`, '--checks', CHECKS.join(',')],
      ...(only === undefined ? ['--include-path-regex', paths] : ['--include-operation-id', only]),
      ...except.flatMap((id) => ['--exclude-operation-id', id]),
      ...['--phases', phases, '--max-examples', String(count), '--seed', '1'],
      ...['--request-timeout', '60', '--suppress-health-check', 'all', '--warnings', 'off'],
    ],
    // Where schemathesis keeps requests, and repeats them in the next run.
    { cwd: mkdtempSync(resolve(folder, 'run-')), maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`schemathesis found:\n${stdout}${stderr}`);
  });
  expect(stdout).toContain('No issues found');
  return statusesOf(document);
}

function statusesOf({ paths }: OpenApi): Statuses {
  const statuses = new Map<string, Set<number>>();
  for (const line of service.log) {
    const {
      method = '',
      route = '',
      status = 0,
    } = JSON.parse(line) as {
      method?: string;
      route?: string;
      status?: number;
    };
    const path = route.replace(/:(\w+)/g, '{$1}').replace('*', '{path}');
    const id = paths[path]?.[method.toLowerCase()]?.operationId;
    if (id !== undefined) statuses.set(id, (statuses.get(id) ?? new Set()).add(status));
  }
  return statuses;
}

/** @returns the ids of the operations that never responded with a 2xx */
function unsuccessful(statuses: Statuses): string[] {
  return [...statuses].filter(([, seen]) => ![...seen].some(isSuccess)).map(([id]) => id);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The first medic, ADMIN of the first hospital, and the medic of the examples: ids start from 1 again. */
async function firstMedic(): Promise<Actor> {
  await empty(service.dataSource, true);
  const medic = await service.given.medic();
  (await medic.post('/hospital/', HOSPITAL)).isCreated();
  const password = 'correct horse battery staple';
  (await medic.post('/medics/', { name: 'Ana', email: 'ana.nunez@example.org', password, hospital: 1 })).isCreated();
  return medic;
}

(hasPython ? describe : describe.skip)('schemathesis finds no response that contradicts the OpenAPI document', () => {
  test('with the key of a medic, which still works afterwards, and most operations succeed', async () => {
    const medic = await firstMedic();
    const selection = { paths: '^/(api|rest-auth|health|version)', except: KEY_ENDING, withoutFiles: true };
    const statuses = await check(`Token ${medic.token}`, selection);
    (await medic.get('/medics/me/')).isOk();
    expect(statuses.size).toBeGreaterThan(20);
    expect(unsuccessful(statuses)).toEqual(WITHOUT_SUCCESS);
  }, 900_000);

  test('with files of hospitals, and the key still works afterwards', async () => {
    const medic = await firstMedic();
    const statuses = await check(`Token ${medic.token}`, { paths: '^/api/v2/hospital', phases: 'examples,coverage' });
    (await medic.get('/medics/me/')).isOk();
    expect([statuses.size, unsuccessful(statuses)]).toEqual([4, []]);
  }, 900_000);

  test.each(KEY_ENDING)(
    'with the key of a medic that %s may end',
    async (only) => {
      const medic = await firstMedic();
      const statuses = await check(`Token ${medic.token}`, { only, phases: 'examples,coverage' });
      expect([[...statuses.keys()], unsuccessful(statuses)]).toEqual([[only], []]);
    },
    900_000,
  );

  test('with the key of a service account, which still works afterwards, and every operation succeeds', async () => {
    await firstMedic();
    const account = await givenService(service);
    const statuses = await check(`Bearer ${account.key}`, { paths: '^/(access|events|oauth2|record|\\.well-known)' });
    (await account.get('/events')).is(200);
    expect([statuses.size, unsuccessful(statuses)]).toEqual([13, []]);
  }, 900_000);

  test('with the key of a service account on the operations of medics, of which none succeeds', async () => {
    await firstMedic();
    const account = await givenService(service);
    const except = ['createToken', 'getPicture'];
    const selection = { paths: '^/(api|rest-auth)', except, ...FEW };
    const statuses = await check(`Bearer ${account.key}`, selection);
    expect([statuses.size, unsuccessful(statuses)]).toEqual([24, [...statuses.keys()]]);
  }, 900_000);

  test('with the key of a medic on the operations of service accounts, of which none succeeds', async () => {
    const medic = await firstMedic();
    const selection = { paths: '^/(access|events|oauth2|record)', ...FEW };
    const statuses = await check(`Token ${medic.token}`, selection);
    expect([statuses.size, unsuccessful(statuses)]).toEqual([11, [...statuses.keys()]]);
  }, 900_000);
});
