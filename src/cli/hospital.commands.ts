import type { Command } from 'commander';
import { OperatorHospitals, type HospitalSummary } from '../hospitals/operator-hospitals.js';
import {
  addSliceOptions,
  lineOf,
  onCurrentDatabase,
  print,
  wholeNumber,
  type Session,
  type SliceOptions,
} from './session.js';

/** Adds `hospital list` and `hospital show`. */
export function addHospitalCommands(program: Command, session: Session): void {
  const hospital = program.command('hospital').description('Look at hospitals.');
  addSliceOptions(hospital.command('list').description('List hospitals by id.'))
    .option('--without-admin', 'only those that no medic with an active account can administer')
    .option('--json', 'print JSON')
    .action(async (options: SliceOptions & { withoutAdmin?: boolean; json?: boolean }) => {
      const list = await onCurrentDatabase(session, (dataSource) =>
        new OperatorHospitals(dataSource).list(options.after, options.limit, options.withoutAdmin === true),
      );
      print(session, options, list, list.map(hospitalLine).join('\n') || 'There are no such hospitals.');
    });
  hospital
    .command('show')
    .description('Show a hospital and the number of its ADMINs and MEMBERs; `membership list` lists them.')
    .requiredOption('--id <id>', "the hospital's id", wholeNumber)
    .option('--json', 'print JSON')
    .action(async (options: { id: number; json?: boolean }) => {
      const shown = await onCurrentDatabase(session, (dataSource) =>
        new OperatorHospitals(dataSource).show(options.id),
      );
      print(session, options, shown, hospitalLine(shown));
    });
}

function hospitalLine({ id, name, location, is_active, admins, members }: HospitalSummary): string {
  const counts = [`${String(admins)} ADMIN`, `${String(members)} MEMBER`];
  return lineOf(id, name, location, ...counts, ...(is_active ? [] : ['inactive']));
}
