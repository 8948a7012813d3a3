import { OperatorError } from '../../common/errors.js';
import { rowOf } from '../../database/statements.js';
import type { Reads } from '../../database/reads.js';
import { stateUpTo } from '../past.js';
import { RecordReader } from '../record-reader.js';
import { Evidence } from './evidence.js';
import { leafHash, rootOfProof } from './merkle.js';
import { isSignedBy, type VerifierKey } from './signed-note.js';
import type { SigningKeys } from './signing-keys.js';
import { Tiles } from './tiles.js';
import { parseProof } from './tlog-proof.js';

/** A membership at an instant. */
export interface MembershipAt {
  readonly medic: number;
  readonly hospital: number;
  /** With six digits, in UTC. */
  readonly at: string;
}

const IS_SETTLED = `SELECT $1::timestamptz <= clock_timestamp() - interval '15 seconds' AS "isSettled"`;

const IN_FORCE = `SELECT p.position FROM (SELECT $3::timestamptz AS instant, NULL::bigint AS position) asked
  CROSS JOIN LATERAL ${stateUpTo('$1::integer', '$2::integer', 'asked')} p`;

/**
 * @returns a proof of the entry that was in force, which contains the entry
 * @throws OperatorError the record has no such entry, or the instant is so recent that the result may still change
 * @throws NoSigningKey, RecordWasReplaced
 */
export async function proveMembership(
  reads: Reads,
  keys: SigningKeys,
  { medic, hospital, at }: MembershipAt,
): Promise<string> {
  const { isSettled } = rowOf(await reads.query<{ isSettled: boolean }>(IS_SETTLED, [at]));
  if (!isSettled)
    throw new OperatorError('The instant must be at least 15 seconds ago; later changes could precede it.');
  const record = new RecordReader(reads);
  const [found] = await record.read<{ position: string }>(IN_FORCE, 'position', [medic, hospital, at]);
  if (found === undefined) {
    throw new OperatorError(
      `The record has no entry about a membership of medic ${String(medic)} in hospital ${String(hospital)} up to ${at}.`,
    );
  }
  return new Evidence(record, new Tiles(reads), keys).proofAt(Number(found.position));
}

/** The statement that a valid bundle proves. */
export interface CheckedBundle {
  /** The bytes of the entry. */
  readonly entry: string;
  readonly position: number;
  readonly origin: string;
  /** Number of entries of the checkpoint. */
  readonly size: number;
}

/**
 * Verifies a proof that contains its entry, without a database.
 * @throws OperatorError it is malformed, or proves nothing
 */
export function checkBundle(text: string, key: VerifierKey): CheckedBundle {
  const proof = parseProof(text);
  if (proof === undefined)
    throw new OperatorError(
      'The bundle is not a proof (C2SP tlog-proof) that contains its entry; `record prove` writes one.',
    );
  const { entry, index, hashes, checkpoint } = proof;
  const { origin, size } = checkpoint;
  const signed = isSignedBy(checkpoint.note, key);
  if (signed === undefined)
    throw new OperatorError(
      'The checkpoint in the bundle is not signed by this key; pass the verifier key of its record.',
    );
  if (!signed) throw new OperatorError('The signature of the checkpoint in the bundle is wrong.');
  if (origin !== key.name)
    throw new OperatorError(
      'The checkpoint in the bundle has another origin than the key; pass the verifier key of its record.',
    );
  if (rootOfProof(leafHash(entry), index, size, hashes)?.equals(checkpoint.root) !== true) {
    throw new OperatorError('The proof does not lead from the entry to the checkpoint: one of them was changed.');
  }
  return { entry: entry.toString(), position: index + 1, origin, size };
}
