import { HASH_LENGTH } from './merkle.js';
import { decoded, parseNote, type SignedNote } from './signed-note.js';

/** A state of the record's Merkle tree: the contents of a checkpoint (C2SP tlog-checkpoint). */
export interface TreeHead {
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Buffer;
}

/** A checkpoint whose signatures are not checked yet. */
export interface Checkpoint extends TreeHead {
  readonly note: SignedNote;
}

/** @returns the text of a checkpoint, which is to be signed */
export function checkpointText({ origin, size, root }: TreeHead): string {
  return `${origin}\n${String(size)}\n${root.toString('base64')}\n`;
}

/** @returns the checkpoint in a signed note; undefined if it is malformed */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const note = parseNote(text);
  const [, origin = '', digits = '', encoded = ''] =
    /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/=]+)\n(?:[^\n]+\n)*$/.exec(note?.text ?? '') ?? [];
  const root = decoded(encoded);
  const size = Number(digits);
  if (note === undefined || root?.length !== HASH_LENGTH || !Number.isSafeInteger(size)) return undefined;
  return { origin, size, root, note };
}
