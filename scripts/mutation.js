/**
 * Runs Stryker with a template database of its own, which is copied for each test database. Arguments are passed to
 * Stryker: `npm run test:mutation -- --mutate src/auth/password.ts`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';

const server = process.env.TEST_DATABASE_URL;
if (server === undefined) throw new Error('TEST_DATABASE_URL must name a PostgreSQL server for the mutation tests.');

const template = `hm_template_${randomUUID().replaceAll('-', '')}`;
const url = new URL(server);
url.pathname = `/${template}`;

async function onServer(sql) {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** A timeout means a detected mutant or an overloaded machine, so these mutants need a manual check. */
function printTimeouts() {
  const { files } = JSON.parse(readFileSync('coverage/mutation/mutation.json', 'utf8'));
  const mutants = Object.values(files).flatMap((file) => file.mutants);
  const timedOut = mutants.filter((mutant) => mutant.statusReason?.includes('Exceeded timeout'));
  process.stdout.write(`FIGURE mutants that only the timeout of a test detected: ${timedOut.length}\n`);
}

await onServer(`CREATE DATABASE ${template}`);
try {
  execFileSync(process.execPath, ['dist/src/cli/main.js', 'migrate'], {
    env: { ...process.env, DATABASE_URL: url.href },
  });
  const { status } = spawnSync(
    'node_modules/.bin/stryker',
    ['run', 'config/stryker.config.js', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: { ...process.env, TEST_DATABASE_TEMPLATE: template },
    },
  );
  process.exitCode = status ?? 1;
  printTimeouts();
} finally {
  await onServer(`DROP DATABASE ${template} WITH (FORCE)`);
}
