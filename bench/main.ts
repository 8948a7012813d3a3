import { parseArgs } from 'node:util';
import { compareWithBaseline, saveBaseline } from './baseline.js';
import { reportCapacity } from './capacity.js';
import { moveDatabaseAside } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { measure } from './measure.js';
import { setScene } from './scene.js';
import { Report } from './report.js';
import { reportResult } from './table.js';

const { values: flags } = parseArgs({
  options: {
    /** Compares with the ratios of baseline.json and fails below 85 % of them. */
    check: { type: 'boolean', default: false },
    /** Writes the tables and plots of this run into docs/, and its ratios to baseline.json. */
    save: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    /** Duration of each load. */
    seconds: { type: 'string', default: '4' },
    memberships: { type: 'string', default: '1000000' },
    /** Runs only scenarios whose name contains this text. */
    only: { type: 'string', default: '' },
    /** Skips the naive service. */
    'no-naive': { type: 'boolean', default: false },
  },
});

const serverUrl = process.env['DATABASE_URL'];
if (serverUrl === undefined) throw new Error('Set DATABASE_URL to a PostgreSQL server that may be written to.');
const size = sizeOf(Number(flags.memberships));
const databaseUrl = await createDatabase(serverUrl, size);
const giveCoresBack = moveDatabaseAside();
try {
  const scene = await onServer(databaseUrl, setScene);
  const result = await measure(databaseUrl, scene, {
    rounds: Number(flags.rounds),
    seconds: Number(flags.seconds),
    only: flags.only,
    servers: flags['no-naive'] ? ['floor', 'service'] : ['floor', 'service', 'naive'],
  });
  const report = new Report(flags.save);
  await reportResult(report, result);
  await reportCapacity(report, result);
  if (flags.check && !compareWithBaseline(result)) process.exitCode = 1;
  if (flags.save) saveBaseline(result);
} finally {
  giveCoresBack();
  await dropDatabase(serverUrl, size);
}
