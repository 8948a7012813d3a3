import { InvalidArgumentError, type Command } from 'commander';
import { TokensService, type TokenSummary } from '../auth/tokens.service.js';
import { OPERATOR } from '../database/actor.js';
import { lengthOf } from '../http/input/coercion.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import { OperatorError } from '../common/errors.js';
import { futureInstant } from './instants.js';
import { lineOf, onCurrentDatabase, print, wholeNumber, type Session } from './session.js';

/** Adds `token issue`, `token list` and `token revoke`. */
export function addTokenCommands(program: Command, session: Session): void {
  const token = program.command('token').description('Manage the tokens of a medic.');
  const onTokens = <T>(email: string, work: (tokens: TokensService, medicId: number) => Promise<T>): Promise<T> =>
    onCurrentDatabase(session, async (dataSource) => {
      const tokens = new TokensService(dataSource);
      return work(tokens, await new OperatorMedics(dataSource).idOf(email));
    });
  token
    .command('issue')
    .description('Issue another token for a medic and print it. It is shown only once.')
    .requiredOption('--medic <email>', "the medic's email")
    .option('--label <label>', 'the purpose of the token', shortText, 'operator')
    .option('--expires <instant>', 'time of expiry, such as 2030-01-31T12:00:00Z', futureInstant)
    .option('--json', 'print JSON')
    .action(async (options: { medic: string; label: string; expires?: string; json?: boolean }) => {
      const issued = await onTokens(options.medic, async (tokens, medicId) => {
        const token = await tokens.issueFurther(OPERATOR, medicId, {
          label: options.label,
          expiresAt: options.expires,
        });
        return { id: await tokens.idOf(token), token };
      });
      print(session, options, issued, issued.token);
    });
  token
    .command('list')
    .description('List the tokens of a medic, without their keys.')
    .requiredOption('--medic <email>', "the medic's email")
    .option('--json', 'print JSON')
    .action(async (options: { medic: string; json?: boolean }) => {
      const list = await onTokens(options.medic, (tokens, medicId) => tokens.list(medicId));
      print(session, options, list, list.map(tokenLine).join('\n') || 'The medic has no tokens.');
    });
  token
    .command('revoke')
    .description('Revoke one token of a medic, or all of them, with immediate effect.')
    .requiredOption('--medic <email>', "the medic's email")
    .option('--id <id>', 'the id that `token list` prints', wholeNumber)
    .option('--all', 'revoke all tokens')
    .option('--json', 'print JSON')
    .action(async (options: { medic: string; id?: number; all?: boolean; json?: boolean }, command: Command) => {
      if ((options.id === undefined) === (options.all === undefined))
        command.error('error: specify either --id or --all');
      const revoked = await onTokens(options.medic, (tokens, medicId) => tokens.revoke(OPERATOR, medicId, options.id));
      if (revoked === 0 && options.id !== undefined)
        throw new OperatorError('The medic has no live token with this id; `token list` shows them all.');
      print(session, options, { revoked }, `Revoked ${String(revoked)} token${revoked === 1 ? '' : 's'}.`);
    });
}

function shortText(text: string): string {
  if (lengthOf(text) > 255) throw new InvalidArgumentError('It must have at most 255 characters.');
  return text;
}

function tokenLine({ id, label, created_at, expires_at, revoked_at, last_used_at }: TokenSummary): string {
  const end = revoked_at === null ? `expires ${expires_at ?? 'never'}` : `revoked ${revoked_at}`;
  return lineOf(id, label, `created ${created_at}`, end, `last used ${last_used_at ?? 'never'}`);
}
