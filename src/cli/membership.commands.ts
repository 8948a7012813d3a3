import { Option, type Command } from 'commander';
import { OperatorHospitals } from '../hospitals/operator-hospitals.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import type { MembershipResponse } from '../memberships/dto/membership.response.js';
import type { MembershipKey } from '../memberships/membership.js';
import { MembershipType } from '../memberships/membership.entity.js';
import { OperatorMemberships } from '../memberships/operator-memberships.js';
import { futureInstant } from './instants.js';
import { importMemberships, type ImportOptions } from './membership-import.js';
import {
  addSliceOptions,
  lineOf,
  onCurrentDatabase,
  print,
  wholeNumber,
  type Session,
  type SliceOptions,
} from './session.js';

/** The options that name one membership. */
interface PairOptions {
  readonly hospital: number;
  readonly medic: string;
  readonly allowNoAdmin?: boolean;
  readonly json?: boolean;
}

/** Adds `membership list`, `set`, `import` and `remove`. */
export function addMembershipCommands(program: Command, session: Session): void {
  const membership = program.command('membership').description('Repair the memberships of a hospital.');
  const onPair = <T>(
    { hospital, medic }: PairOptions,
    work: (on: OperatorMemberships, pair: MembershipKey) => Promise<T>,
  ) =>
    onCurrentDatabase(session, async (dataSource) => {
      const medicId = await new OperatorMedics(dataSource).idOf(medic);
      return work(new OperatorMemberships(dataSource), { medicId, hospitalId: hospital });
    });
  addSliceOptions(
    membership.command('list').description('List the memberships of a hospital by id, including removed ones.'),
  )
    .requiredOption('--hospital <id>', "the hospital's id", wholeNumber)
    .option('--json', 'print JSON')
    .action(async (options: SliceOptions & { hospital: number; json?: boolean }) => {
      const list = await onCurrentDatabase(session, async (dataSource) => {
        await new OperatorHospitals(dataSource).show(options.hospital);
        return new OperatorMemberships(dataSource).ofHospital(options.hospital, options.after, options.limit);
      });
      print(session, options, list, list.map(membershipLine).join('\n') || 'The hospital has no memberships.');
    });
  addPairOptions(
    membership
      .command('set')
      .description('Create, restore or change the membership of a medic, so that it is live and has this type.'),
  )
    .option('--until <instant>', 'when it ends by itself; "never" removes the end; without it the end stays', endOf)
    .addOption(
      new Option('--type <type>', 'ADMIN or MEMBER').choices(Object.values(MembershipType)).makeOptionMandatory(),
    )
    .action(async (options: PairOptions & { type: MembershipType; until?: string }) => {
      const { type, allowNoAdmin = false, until } = options;
      const end = until === NEVER ? null : until;
      const set = await onPair(options, (on, pair) => on.set(pair, type, allowNoAdmin, end));
      print(session, options, set, membershipLine(set));
    });
  membership
    .command('import')
    .description(
      'Add the medics of a CSV file, with the columns medic or email, type_membership, valid_until and restore.',
    )
    .argument('<file>', 'the file, with a header row')
    .requiredOption('--hospital <id>', "the hospital's id", wholeNumber)
    .option('--dry-run', 'report what would happen and change nothing')
    .option('--json', 'print JSON')
    .action((file: string, options: ImportOptions) => importMemberships(session, file, options));
  addPairOptions(
    membership.command('remove').description('Remove the live membership of a medic. `membership set` restores it.'),
  ).action(async (options: PairOptions) => {
    const removed = await onPair(options, (on, pair) => on.remove(pair, options.allowNoAdmin === true));
    print(session, options, removed, membershipLine(removed));
  });
}

/** No end; Commander replaces a null that a parser returns. */
const NEVER = 'never';

/** @returns the instant, or {@link NEVER} */
function endOf(text: string): string {
  return text === NEVER ? NEVER : futureInstant(text);
}

function addPairOptions(command: Command): Command {
  return command
    .requiredOption('--hospital <id>', "the hospital's id", wholeNumber)
    .requiredOption('--medic <email>', "the medic's email")
    .option('--allow-no-admin', 'allow the hospital to lose its last ADMIN')
    .option('--json', 'print JSON');
}

/** @returns a membership as one line */
export function membershipLine(membership: MembershipResponse): string {
  const { id, medic, hospital, type_membership: type, is_active, is_deleted } = membership;
  const { valid_from: from, valid_until: until } = membership;
  const state = is_deleted ? ['removed'] : is_active ? ['active'] : [];
  const limits = [from == null ? [] : `from ${from}`, until == null ? [] : `until ${until}`].flat();
  return lineOf(id, `hospital ${String(hospital)}`, medic.email, medic.name, type, ...state, ...limits);
}
