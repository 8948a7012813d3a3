import type { Checkpoint } from '../checkpoint.js';
import { isSignedBy, parseVerifierKey, verifierKeyText } from '../signed-note.js';
import type { SigningKeys } from '../signing-keys.js';

/** A checkpoint that somebody kept outside the service. */
export interface KeptCheckpoint {
  /** The file that it was read from. */
  readonly file: string;
  readonly checkpoint: Checkpoint;
}

/** Compares checkpoints that somebody kept with the record, while its tree is recomputed. */
export class KeptCheckpoints {
  /** By size. The last one is next. */
  private readonly waiting: KeptCheckpoint[];
  /** Sentences about checkpoints that contradict the record. */
  readonly problems: string[] = [];

  /** @param keys that are known to sign checkpoints; a signature by another key is not checked */
  constructor(kept: readonly KeptCheckpoint[], origin: string, keys: SigningKeys) {
    const isOwn = (one: KeptCheckpoint) => {
      const problem = problemOf(one.checkpoint, origin, keys);
      if (problem !== undefined) this.problems.push(`${one.file}: ${problem}`);
      return problem === undefined;
    };
    this.waiting = kept.filter(isOwn).sort((a, b) => b.checkpoint.size - a.checkpoint.size);
  }

  /** Compares those of the size that the tree has reached. @param root computes the root of the tree */
  compare(size: number, root: () => Buffer): void {
    for (let next = this.waiting.at(-1); next?.checkpoint.size === size; next = this.waiting.at(-1)) {
      this.waiting.pop();
      if (root().equals(next.checkpoint.root)) continue;
      this.problems.push(
        `${next.file}: the first ${String(size)} entries are not those of this checkpoint; the record was rewritten after it was signed.`,
      );
    }
  }

  /** Reports those that the tree has not reached. @param size of the whole tree */
  finish(size: number): void {
    for (const { file, checkpoint } of this.waiting) {
      this.problems.push(
        `${file}: the checkpoint has ${String(checkpoint.size)} entries, but the record has only ${String(size)}.`,
      );
    }
  }
}

function problemOf({ origin, note }: Checkpoint, expected: string, keys: SigningKeys): string | undefined {
  if (origin !== expected) {
    return `the checkpoint is of the origin ${origin}, but the record has the origin ${expected} (\`record restart\` changes it).`;
  }
  const isForged = keys.all.some(({ publicKey }) => {
    const key = parseVerifierKey(verifierKeyText(expected, publicKey));
    return key !== undefined && isSignedBy(note, key) === false;
  });
  return isForged ? 'the signature of the checkpoint is wrong.' : undefined;
}
