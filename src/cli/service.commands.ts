import { InvalidArgumentError, type Command } from 'commander';
import { isScope, SCOPE_NAMES, type Scope } from '../auth/scope.js';
import { ServiceAccounts, type ServiceSummary } from '../auth/service-accounts.js';
import { secondsUpTo, shortName } from './arguments.js';
import { futureInstantWithin } from './instants.js';
import { lineOf, onCurrentDatabase, print, type OpenOptions, type Session } from './session.js';

/** Upper bound of the term of a key. */
const MAX_YEARS = 2;
/** How long a rotated key keeps working by default and at most, in seconds. */
const GRACE_SECONDS = 60;
const MAX_GRACE_SECONDS = 86_400;

/** Adds `service create`, `service rotate`, `service revoke` and `service list`. */
export function addServiceCommands(program: Command, session: Session): void {
  const service = program
    .command('service')
    .description('Manage service accounts, which read for internal services and never change anything.');
  const onAccounts = <T>(work: (accounts: ServiceAccounts) => Promise<T>, options?: OpenOptions): Promise<T> =>
    onCurrentDatabase(session, (dataSource) => work(new ServiceAccounts(dataSource)), options);
  service
    .command('create')
    .description('Create a service account and print its key. It is shown only once.')
    .requiredOption('--name <name>', 'its name, 1 to 64 of a-z 0-9 -, which is never reused', shortName)
    .requiredOption('--scope <scope>', `a scope, repeatable: ${SCOPE_NAMES.join(', ')}`, addScope)
    .option('--expires <instant>', 'time of expiry, at most two years ahead; by default in a year', (text) =>
      futureInstantWithin(MAX_YEARS, text),
    )
    .option('--json', 'print JSON')
    .action(async ({ name, scope, expires, json = false }: NewServiceOptions) => {
      const created = await onAccounts((accounts) => accounts.create({ name, scopes: scope, expiresAt: expires }), {
        mayCreate: true,
      });
      print(session, { json }, created, created.key);
    });
  service
    .command('rotate')
    .description('Replace the key of a service account and print the new one, which is valid for a new full term.')
    .requiredOption('--name <name>', 'the name of the service account')
    .option(
      '--grace <s>',
      `seconds that the old key keeps working, at most ${String(MAX_GRACE_SECONDS)}`,
      secondsUpTo(MAX_GRACE_SECONDS),
      GRACE_SECONDS,
    )
    .option('--json', 'print JSON')
    .action(async ({ name, grace, json = false }: { name: string; grace: number; json?: boolean }) => {
      const rotated = await onAccounts((accounts) => accounts.rotate(name, grace));
      print(session, { json }, rotated, rotated.key);
    });
  service
    .command('revoke')
    .description('Revoke a service account for ever, with immediate effect.')
    .requiredOption('--name <name>', 'the name of the service account')
    .option('--json', 'print JSON')
    .action(async ({ name, json = false }: { name: string; json?: boolean }) => {
      const revoked = await onAccounts((accounts) => accounts.revoke(name));
      print(session, { json }, revoked, `Revoked the service account ${name}.`);
    });
  service
    .command('list')
    .description('List the service accounts, without their keys.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const list = await onAccounts((accounts) => accounts.list());
      print(session, options, list, list.map(summaryLine).join('\n') || 'There are no service accounts.');
    });
}

/** The options of `service create`. */
interface NewServiceOptions {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly expires?: string;
  readonly json?: boolean;
}

function addScope(text: string, others: readonly Scope[] = []): readonly Scope[] {
  if (!isScope(text)) throw new InvalidArgumentError(`It must be one of ${SCOPE_NAMES.join(', ')}.`);
  return others.includes(text) ? others : [...others, text];
}

function summaryLine({ id, name, scopes, created_at, expires_at, revoked_at, last_used_at }: ServiceSummary): string {
  const end = revoked_at === null ? `expires ${expires_at}` : `revoked ${revoked_at}`;
  return lineOf(id, name, scopes.join(' '), `created ${created_at}`, end, `last used ${last_used_at ?? 'never'}`);
}
