import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { HASH_LENGTH } from './merkle.js';
import { decoded } from './signed-note.js';

/** The first line of a proof (C2SP tlog-proof). */
const HEADER = 'c2sp.org/tlog-proof@v1';

/** The parts of a proof. */
export interface ProofParts {
  /** The bytes of the entry, so that the proof is complete without another file. */
  readonly entry: string;
  /** The leaf, counted from 0. */
  readonly index: number;
  /** From the sibling of the leaf up to the child of the root. */
  readonly hashes: readonly Buffer[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** A proof that was read from a file. Nothing in it is checked yet. */
export interface ParsedProof extends Omit<ProofParts, 'checkpoint' | 'entry'> {
  /** The bytes of the entry. */
  readonly entry: Buffer;
  readonly checkpoint: Checkpoint;
}

/** @returns the text of a proof, with the entry as its extra data */
export function proofText({ entry, index, hashes, checkpoint }: ProofParts): string {
  const lines = [
    HEADER,
    `extra ${Buffer.from(entry).toString('base64')}`,
    `index ${String(index)}`,
    ...hashes.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** @returns the parts of a proof that contains its entry; undefined if it is malformed or contains none */
export function parseProof(text: string): ParsedProof | undefined {
  const end = text.indexOf('\n\n');
  const [header, extra = '', index = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  const checkpoint = parseCheckpoint(text.slice(end + 2));
  const entry = decoded(/^extra (\S+)$/.exec(extra)?.[1] ?? '');
  const [, digits] = /^index (0|[1-9]\d{0,14})$/.exec(index) ?? [];
  const hashes = lines.flatMap((line) => decoded(line) ?? []);
  if (header !== HEADER || checkpoint === undefined || digits === undefined) return undefined;
  if (entry === undefined || entry.length === 0) return undefined;
  if (hashes.length !== lines.length || hashes.some(({ length }) => length !== HASH_LENGTH)) return undefined;
  return { entry, index: Number(digits), hashes, checkpoint };
}
