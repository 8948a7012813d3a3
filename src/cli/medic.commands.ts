import type { Command } from 'commander';
import { TokensService } from '../auth/tokens.service.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import {
  addPasswordOptions,
  onCurrentDatabase,
  passwordOf,
  print,
  type PasswordOptions,
  type Session,
} from './session.js';

/** The options of `medic create`. */
interface CreateMedicOptions extends PasswordOptions {
  readonly name: string;
  readonly email: string;
  readonly json?: boolean;
}

/** Adds `medic create` and `medic verify-specialty`. */
export function addMedicCommands(program: Command, session: Session): void {
  const medic = program.command('medic').description('Manage medics.');
  addPasswordOptions(
    medic.command('create'),
    'a password, at least 8 characters; without one, the medic cannot log in by password',
  )
    .description('Create a medic and print its token, which is shown only once.')
    .requiredOption('--name <name>', 'the full name')
    .requiredOption('--email <email>', 'the email, which must be unique')
    .option('--json', 'print JSON')
    .action(async ({ json = false, name, email, ...options }: CreateMedicOptions) => {
      const password = await passwordOf(session, options);
      const created = await onCurrentDatabase(
        session,
        (dataSource) => new OperatorMedics(dataSource).create({ name, email, password }, new TokensService(dataSource)),
        { mayCreate: true },
      );
      print(session, { json }, created, created.token);
    });
  medic
    .command('verify-specialty')
    .description(
      'Record that the specialty of a medic is verified. Changing the name, the specialty or a licence number revokes this.',
    )
    .requiredOption('--email <email>', "the medic's email")
    .option('--revoke', 'record that the specialty is no longer verified')
    .option('--json', 'print JSON')
    .action(async ({ email, revoke = false, ...options }: { json?: boolean; email: string; revoke?: boolean }) => {
      const id = await onCurrentDatabase(session, (dataSource) =>
        new OperatorMedics(dataSource).setSpecialtyVerified(email, !revoke),
      );
      const text = `The specialty of medic ${String(id)} is ${revoke ? 'no longer ' : ''}verified.`;
      print(session, options, { id, specialty_verified: !revoke }, text);
    });
}
