import { Command, CommanderError } from 'commander';
import { sentenceOf } from '../server/start-failure.js';
import { VERSION } from '../config/version.js';
import { addExportCommand } from './export.command.js';
import { addImportCommand } from './import.command.js';
import { addHospitalCommands } from './hospital.commands.js';
import { addMedicAccountCommands } from './medic-account.commands.js';
import { addMedicCommands } from './medic.commands.js';
import { addMembershipCommands } from './membership.commands.js';
import { addMigrateCommand } from './migrate.command.js';
import { addOpenApiCommand } from './openapi.command.js';
import { addRecordCommands } from './record.commands.js';
import { addSeedCommand } from './seed.command.js';
import { addServiceCommands } from './service.commands.js';
import type { Terminal } from './session.js';
import { addTokenCommands } from './token.commands.js';
import { addWebhookCommands } from './webhook.commands.js';

/**
 * Runs one operator command (section 8 of the contract).
 * @param args the arguments after the name of the program
 * @returns the exit code: 0, or 1 if the command failed and printed the reason
 */
export async function runCli(args: string[], variables: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  const program = new Command('npm run cli --')
    .description(
      'Manage the service. Commands use the database that the environment variables name, as the server does.',
    )
    .version(VERSION, '--version', 'print the version of the service')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('Add --help to see the usage.');
  const session = { variables, terminal };
  addMigrateCommand(program, session);
  addMedicCommands(program, session);
  addMedicAccountCommands(program, session);
  addHospitalCommands(program, session);
  addMembershipCommands(program, session);
  addTokenCommands(program, session);
  addServiceCommands(program, session);
  addWebhookCommands(program, session);
  addRecordCommands(program, session);
  addSeedCommand(program, session);
  addExportCommand(program, session);
  addImportCommand(program, session);
  addOpenApiCommand(program, session);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    terminal.err(`${sentenceOf(error, session.variables)}\n`);
    return 1;
  }
}
