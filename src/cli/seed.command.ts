import type { Command } from 'commander';
import type { DataSource } from 'typeorm';
import { TokensService } from '../auth/tokens.service.js';
import { OPERATOR } from '../database/actor.js';
import { inTransaction } from '../database/transaction.js';
import { sequenceAll } from '../record/bulk.js';
import { requirePossible, type SeedSize } from './seed/data-set.js';
import { loadDataSet, type SeedProgress } from './seed/load.js';
import { onCurrentDatabase, print, wholeNumber, type Session } from './session.js';

/** Adds `seed`. */
export function addSeedCommand(program: Command, session: Session): void {
  program
    .command('seed')
    .description('Create data for demonstrations and benchmarks, and print a token of an ADMIN of a large hospital.')
    .requiredOption('--hospitals <n>', 'number of hospitals', wholeNumber)
    .requiredOption('--medics <n>', 'number of medics', wholeNumber)
    .requiredOption('--memberships <n>', 'number of memberships; a medic has 1 to 8', wholeNumber)
    .option('--seed <n>', 'seed of the random generator; the same seed creates the same data', wholeNumber, 1)
    .option('--json', 'print JSON')
    .action(async ({ json = false, ...size }: SeedSize & { json?: boolean }) => {
      requirePossible(size);
      const progress = (table: string, stored: number, of: number) => {
        session.terminal.err(`${table}: ${String(stored)} of ${String(of)}\n`);
      };
      const seeded = await onCurrentDatabase(session, (dataSource) => seed(dataSource, size, progress), {
        mayCreate: true,
      });
      print(session, { json }, seeded, seeded.token);
    });
}

async function seed(dataSource: DataSource, size: SeedSize, progress: SeedProgress) {
  const tokens = new TokensService(dataSource);
  const result = await inTransaction(dataSource, OPERATOR, async (transaction) => {
    await transaction.query('SET LOCAL statement_timeout = 0');
    const medic = await loadDataSet(transaction.manager, size, progress);
    return { medic, token: await tokens.issue(transaction, medic, { label: 'seed' }) };
  });
  await sequenceAll(dataSource);
  await dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL statement_timeout = 0');
    await manager.query('ANALYZE');
  });
  return result;
}
