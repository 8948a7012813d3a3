import { InvalidArgumentError, type Command } from 'commander';
import { readFileSync, writeFileSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { OperatorError } from '../common/errors.js';
import { readEnvironment } from '../config/environment.js';
import { EmbeddedDataSource } from '../database/embedded-data-source.js';
import { Reads } from '../database/reads.js';
import { checkBundle, proveMembership, type MembershipAt } from '../record/evidence/bundles.js';
import { parseCheckpoint } from '../record/evidence/checkpoint.js';
import { signingKeysOf } from '../record/evidence/evidence.module.js';
import { restartRecord } from '../record/evidence/restart.js';
import { parseVerifierKey, verifierKeyText, type VerifierKey } from '../record/evidence/signed-note.js';
import { createKeyFile, keyFileIn, SigningKeys } from '../record/evidence/signing-keys.js';
import type { KeptCheckpoint } from '../record/evidence/verify/kept-checkpoints.js';
import { verifyRecord } from '../record/evidence/verify/verify-record.js';
import { pastInstant } from './instants.js';
import { onCurrentDatabase, print, progressOf, wholeNumber, type Session } from './session.js';

/** Adds `record key`, `record verify`, `record prove`, `record check` and `record restart`. */
export function addRecordCommands(program: Command, session: Session): void {
  const record = program.command('record').description('Sign, prove and verify the record of all changes.');
  record
    .command('key')
    .description('Create the signing key if there is none, and print its verifier key.')
    .option('--file <path>', 'the key file; by default SIGNING_KEY_FILE, or the one of the embedded database')
    .option('--json', 'print JSON')
    .action(async (options: { file?: string; json?: boolean }) => {
      const result = await onCurrentDatabase(session, (dataSource) => makeKey(session, dataSource, options.file), {
        mayCreate: true,
      });
      print(session, options, result, result.keys.join('\n'));
    });
  record
    .command('verify')
    .description(
      'Recompute the whole record, compare it with the tables and with earlier checkpoints, and name each difference.',
    )
    .option('--checkpoint <file>', 'a checkpoint that somebody kept, repeatable', addCheckpoint)
    .option('--json', 'print JSON')
    .action(async ({ checkpoint = [], json = false }: { checkpoint?: KeptCheckpoint[]; json?: boolean }) => {
      await verify(session, checkpoint, json);
    });
  record
    .command('prove')
    .description('Write a bundle that proves what the record says about a membership at an instant.')
    .requiredOption('--medic <id>', 'the id of the medic', wholeNumber)
    .requiredOption('--hospital <id>', 'the id of the hospital', wholeNumber)
    .requiredOption('--at <instant>', 'the instant, such as 2026-03-31T12:00:00Z', pastInstant)
    .option('--out <file>', 'the bundle; by default it is printed')
    .action(async ({ out, ...question }: MembershipAt & { out?: string }) => {
      const bundle = await prove(session, question);
      if (out === undefined) session.terminal.out(bundle);
      else writeFile(out, bundle);
    });
  record
    .command('check')
    .description('Verify a bundle, or a proof from the API, and print its entry. Needs no database.')
    .argument('<bundle>', 'the file that `record prove` has written')
    .requiredOption('--key <vkey>', 'the verifier key that `record key` has printed', verifierKey)
    .option('--json', 'print JSON')
    .action((bundle: string, options: { key: VerifierKey; json?: boolean }) => {
      const checked = checkBundle(readText(bundle), options.key);
      const { entry, position, origin, size } = checked;
      const where = `Valid: entry ${String(position)} of ${origin}, in a checkpoint of ${String(size)} entries.`;
      print(session, options, { ...checked, entry: JSON.parse(entry) as unknown }, `${where}\n${entry}`);
    });
  record
    .command('restart')
    .description(
      'Give the record a new origin and a new tree, after a restore or a failover that lost changes. Earlier checkpoints no longer apply.',
    )
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const restarted = await onCurrentDatabase(session, restartRecord);
      print(session, options, restarted, `The record has the new origin ${restarted.origin}.`);
    });
}

/** Creates the key file if necessary. @returns its verifier keys, the one that signs first */
async function makeKey({ variables }: Session, dataSource: DataSource, chosen: string | undefined) {
  const { SIGNING_KEY_FILE } = readEnvironment(variables);
  const own = dataSource instanceof EmbeddedDataSource ? keyFileIn(dataSource.path) : undefined;
  const file = chosen ?? SIGNING_KEY_FILE ?? own;
  if (file === undefined)
    throw new OperatorError('Specify --file, or set SIGNING_KEY_FILE to the path of the key file.');
  const created = createKeyFile(file);
  const { all } = SigningKeys.read(file);
  const [{ origin }] = await dataSource.query<[{ origin: string }]>('SELECT origin FROM record_head');
  return { file, created, keys: all.map(({ publicKey }) => verifierKeyText(origin, publicKey)) };
}

async function verify(session: Session, checkpoints: readonly KeptCheckpoint[], json: boolean): Promise<void> {
  const { SIGNING_KEY_FILE } = readEnvironment(session.variables);
  const progress = progressOf(session);
  const { origin, size, root, problems } = await onCurrentDatabase(session, (dataSource) =>
    verifyRecord(dataSource, { checkpoints, keys: signingKeysOf(SIGNING_KEY_FILE, dataSource) }, (entries) => {
      progress('record', entries);
    }),
  );
  if (problems.length > 0) throw new OperatorError(`The record is not intact.\n${problems.join('\n')}`);
  const result = { origin, size, root: root.toString('base64') };
  const against = checkpoints.length === 0 ? '' : `, consistent with ${String(checkpoints.length)} earlier checkpoints`;
  print(
    session,
    { json },
    result,
    `The record ${origin} is intact: ${String(size)} entries, root ${result.root}${against}.`,
  );
}

function prove(session: Session, question: MembershipAt): Promise<string> {
  const { SIGNING_KEY_FILE } = readEnvironment(session.variables);
  return onCurrentDatabase(session, async (dataSource) => {
    const reads = new Reads(dataSource);
    try {
      return await proveMembership(reads, signingKeysOf(SIGNING_KEY_FILE, dataSource), question);
    } finally {
      await reads.onApplicationShutdown();
    }
  });
}

function addCheckpoint(file: string, others: readonly KeptCheckpoint[] = []): readonly KeptCheckpoint[] {
  const checkpoint = parseCheckpoint(readText(file));
  if (checkpoint === undefined) throw new InvalidArgumentError('It must be a checkpoint (C2SP tlog-checkpoint).');
  return [...others, { file, checkpoint }];
}

function verifierKey(text: string): VerifierKey {
  const key = parseVerifierKey(text);
  if (key === undefined) throw new InvalidArgumentError('It must be a verifier key for Ed25519 (C2SP signed-note).');
  return key;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The file ${file} cannot be read (${codeOf(error)}).`);
  }
}

function writeFile(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw new OperatorError(
      codeOf(error) === 'EEXIST'
        ? `The file ${file} exists already; choose another.`
        : `The file ${file} cannot be written (${codeOf(error)}).`,
    );
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'no code';
}
