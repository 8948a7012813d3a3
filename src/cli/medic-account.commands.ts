import type { Command } from 'commander';
import type { DataSource } from 'typeorm';
import type { MedicResponse } from '../medics/dto/medic.response.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import { OperatorMemberships } from '../memberships/operator-memberships.js';
import { membershipLine } from './membership.commands.js';
import {
  addPasswordOptions,
  addSliceOptions,
  lineOf,
  onCurrentDatabase,
  passwordOf,
  print,
  subcommandsOf,
  type PasswordOptions,
  type Session,
  type SliceOptions,
} from './session.js';

/** Adds `medic list`, `show`, `deactivate`, `activate` and `set-password`. */
export function addMedicAccountCommands(program: Command, session: Session): void {
  const medic = subcommandsOf(program, 'medic');
  const medicsOn = (dataSource: DataSource) => new OperatorMedics(dataSource);
  addSliceOptions(medic.command('list').description('List medics by id.'))
    .option('--json', 'print JSON')
    .action(async (options: SliceOptions & { json?: boolean }) => {
      const list = await onCurrentDatabase(session, (dataSource) =>
        medicsOn(dataSource).list(options.after, options.limit),
      );
      print(session, options, list, list.map(medicLine).join('\n') || 'There are no medics.');
    });
  medic
    .command('show')
    .description('Show a medic and its memberships, including removed ones.')
    .requiredOption('--email <email>', "the medic's email")
    .option('--json', 'print JSON')
    .action(async (options: { email: string; json?: boolean }) => {
      const [shown, memberships] = await onCurrentDatabase(session, async (dataSource) => {
        const found = await medicsOn(dataSource).show(options.email);
        return [found, await new OperatorMemberships(dataSource).ofMedic(found.id)] as const;
      });
      const lines = [medicLine(shown), ...memberships.map(membershipLine)];
      print(session, options, { ...shown, memberships }, lines.join('\n'));
    });
  for (const [name, isActive, effect] of [
    ['deactivate', false, 'Deactivate the account of a medic. Its tokens stop working immediately.'],
    [
      'activate',
      true,
      'Activate the account of a medic again, including its tokens that are neither revoked nor expired.',
    ],
  ] as const) {
    medic
      .command(name)
      .description(effect)
      .requiredOption('--email <email>', "the medic's email")
      .option('--json', 'print JSON')
      .action(async (options: { email: string; json?: boolean }) => {
        const id = await onCurrentDatabase(session, (dataSource) =>
          medicsOn(dataSource).setActive(options.email, isActive),
        );
        print(session, options, { id, is_active: isActive }, `Medic ${String(id)} is ${name}d.`);
      });
  }
  addPasswordOptions(medic.command('set-password'), 'the new password, at least 8 characters')
    .description('Replace the password of a medic. Its tokens keep working; revoke them with `token revoke`.')
    .requiredOption('--email <email>', "the medic's email")
    .option('--json', 'print JSON')
    .action(async ({ email, ...options }: PasswordOptions & { email: string; json?: boolean }, command: Command) => {
      const password = await passwordOf(session, options);
      if (password === undefined) command.error('error: specify either --password or --password-stdin');
      const id = await onCurrentDatabase(session, (dataSource) =>
        medicsOn(dataSource).setPassword(email, { password }),
      );
      print(session, options, { id }, `Medic ${String(id)} has a new password.`);
    });
}

function medicLine({ id, email, name, is_active, hospital }: MedicResponse): string {
  const place = hospital === null ? 'no active hospital' : `active at hospital ${String(hospital)}`;
  return lineOf(id, email, name, is_active ? place : 'deactivated');
}
