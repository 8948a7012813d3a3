import { execFile } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { useService } from '../support/service.js';

const run = promisify(execFile);
const FOLDER = 'dist/generated-client';
const service = useService();

test('a TypeScript client generated from the document compiles strictly and works against the API', async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await run('node_modules/.bin/openapi-typescript', [`${service.client.url}/openapi.json`, '-o', `${FOLDER}/api.d.ts`]);
  await cp('test/clients/generated/walk.ts', `${FOLDER}/walk.ts`);
  const options = { strict: true, module: 'nodenext', target: 'es2023', skipLibCheck: true, types: ['node'] };
  await writeFile(`${FOLDER}/tsconfig.json`, JSON.stringify({ compilerOptions: options, files: ['walk.ts'] }));
  await run('node_modules/.bin/tsc', ['-p', FOLDER]);

  const account = await service.given.medic();
  const { stdout } = await run(process.execPath, [`${FOLDER}/walk.js`, service.client.url, account.token]);
  expect(JSON.parse(stdout)).toEqual({
    type: 'ADMIN',
    listed: ['ana@walk.example.org', account.email],
    deleted: true,
    refused: 'Not found',
  });
});
