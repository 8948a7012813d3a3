import { InvalidArgumentError, type Command } from 'commander';
import { readEnvironment } from '../config/environment.js';
import { ENTRY_TYPES, type EntryType } from '../record/entry.js';
import { signingKeysOf } from '../record/evidence/evidence.module.js';
import { WebhookSecrets } from '../record/webhooks/secrets.js';
import { MAX_URL_LENGTH, webhookUrlOf } from '../record/webhooks/webhook-url.js';
import { Webhooks, type IssuedSecret, type WebhookSummary } from '../record/webhooks/webhooks.js';
import { secondsUpTo, shortName } from './arguments.js';
import { lineOf, onCurrentDatabase, print, wholeNumber, type OpenOptions, type Session } from './session.js';

/** How long a rotated secret signs too, by default and at most, in seconds. */
const GRACE_SECONDS = 86_400;
const MAX_GRACE_SECONDS = 7 * 86_400;

/** Adds `webhook add`, `webhook list`, `webhook rotate`, `webhook enable`, `webhook disable` and `webhook remove`. */
export function addWebhookCommands(program: Command, session: Session): void {
  const webhook = program.command('webhook').description('Manage webhooks, to which every change is delivered.');
  const onWebhooks = <T>(work: (webhooks: Webhooks) => Promise<T>, options?: OpenOptions): Promise<T> => {
    const { SIGNING_KEY_FILE } = readEnvironment(session.variables);
    return onCurrentDatabase(
      session,
      (dataSource) => work(new Webhooks(dataSource, new WebhookSecrets(signingKeysOf(SIGNING_KEY_FILE, dataSource)))),
      options,
    );
  };
  const printIssued = (issued: IssuedSecret, options: { json?: boolean }) => {
    print(session, options, issued, issued.secret);
    // Not on standard output, which scripts read.
    if (!issued.encrypted) session.terminal.err(`${NOT_ENCRYPTED}\n`);
  };
  webhook
    .command('add')
    .description('Add a webhook and print its secret. It is shown only once.')
    .requiredOption('--name <name>', 'its name in the log, 1 to 64 of a-z 0-9 -', shortName)
    .requiredOption('--url <url>', 'where to deliver, starting with https://', webhookUrl)
    .option('--type <type>', 'only entries of this type, repeatable; by default all', addType)
    .option('--hospital <id>', 'only entries about this hospital; by default all', wholeNumber)
    .option('--after <position>', 'deliver the entries after this position; by default those from now on', position)
    .option('--json', 'print JSON')
    .action(async ({ type: types, json = false, ...settings }: NewWebhookOptions) => {
      printIssued(await onWebhooks((webhooks) => webhooks.add({ ...settings, types }), { mayCreate: true }), { json });
    });
  webhook
    .command('list')
    .description('List the webhooks, without their secrets.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const list = await onWebhooks((webhooks) => webhooks.list());
      print(session, options, list, list.map(textOf).join('\n') || 'There are no webhooks.');
    });
  webhook
    .command('rotate')
    .description('Replace the secret of a webhook and print the new one. Meanwhile both sign.')
    .requiredOption('--name <name>', 'the name of the webhook')
    .option(
      '--grace <s>',
      `seconds that the old secret signs too, at most ${String(MAX_GRACE_SECONDS)}`,
      secondsUpTo(MAX_GRACE_SECONDS),
      GRACE_SECONDS,
    )
    .option('--json', 'print JSON')
    .action(async ({ name, grace, json = false }: { name: string; grace: number; json?: boolean }) => {
      printIssued(await onWebhooks((webhooks) => webhooks.rotate(name, grace)), { json });
    });
  const addChange = (
    command: 'enable' | 'disable' | 'remove',
    description: string,
    sentence: (name: string, after: string) => string,
  ) => {
    webhook
      .command(command)
      .description(description)
      .requiredOption('--name <name>', 'the name of the webhook')
      .option('--json', 'print JSON')
      .action(async (options: { name: string; json?: boolean }) => {
        const changed = await onWebhooks((webhooks) => webhooks[command](options.name));
        print(session, options, changed, sentence(changed.name, String(changed.position)));
      });
  };
  addChange('enable', 'Deliver to a webhook again, from its position on and at once.', (name, after) => {
    return `Enabled the webhook ${name}; it continues after position ${after}.`;
  });
  addChange('disable', 'Stop deliveries to a webhook. It keeps its position.', (name, after) => {
    return `Disabled the webhook ${name} at position ${after}.`;
  });
  addChange('remove', 'Remove a webhook, its position and its secret.', (name, after) => {
    return `Removed the webhook ${name}, which was at position ${after}.`;
  });
}

const NOT_ENCRYPTED =
  'The secret is stored unencrypted, because there is no signing key; set SIGNING_KEY_FILE, then run `webhook rotate`.';

/** The options of `webhook add`. */
interface NewWebhookOptions {
  readonly name: string;
  readonly url: string;
  readonly type?: readonly EntryType[];
  readonly hospital?: number;
  readonly after?: number;
  readonly json?: boolean;
}

function webhookUrl(text: string): string {
  const url = webhookUrlOf(text);
  if (url !== undefined) return url;
  throw new InvalidArgumentError(
    `It must be a URL that starts with https://, without user and fragment, of at most ${String(MAX_URL_LENGTH)} characters.`,
  );
}

function addType(text: string, others: readonly EntryType[] = []): readonly EntryType[] {
  const type = ENTRY_TYPES.find((known) => known === text);
  if (type === undefined) throw new InvalidArgumentError(`It must be one of ${ENTRY_TYPES.join(', ')}.`);
  return others.includes(type) ? others : [...others, type];
}

function position(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a position: a whole number of at least 0.');
  return Number(text);
}

function textOf(webhook: WebhookSummary): string {
  const { name, url, types, hospital, position: at, head } = webhook;
  const filters = [...(types ?? []), ...(hospital === null ? [] : [`hospital ${String(hospital)}`])];
  const wanted = filters.length === 0 ? 'everything' : filters.join(' ');
  return lineOf(name, url, wanted, `position ${String(at)} of ${String(head)}`, stateOf(webhook));
}

function stateOf({ disabled_at, disabled_because, failing_since, ...webhook }: WebhookSummary): string {
  if (disabled_at !== null) return `disabled ${disabled_at} (${reasonOf(disabled_because, webhook.last_failure)})`;
  if (failing_since === null) return `last delivery ${webhook.delivered_at ?? 'never'}`;
  return `failing since ${failing_since} (${webhook.last_failure ?? ''}), next attempt ${webhook.next_attempt_at}`;
}

function reasonOf(because: WebhookSummary['disabled_because'], failure: string | null): string {
  if (because === 'operator') return 'by the operator';
  return because === 'gone' ? 'status 410' : `failed for 3 days, last: ${failure ?? ''}`;
}
