import { Injectable } from '@nestjs/common';
import { NotFound } from '../../common/errors.js';
import { entryOf } from '../entry.js';
import { RecordReader } from '../record-reader.js';
import { checkpointText, type TreeHead } from './checkpoint.js';
import { NoSigningKey, RecordWasReplaced } from './evidence.errors.js';
import { inclusionPath, Peaks } from './merkle.js';
import { signNote } from './signed-note.js';
import { SigningKeys } from './signing-keys.js';
import { Tiles } from './tiles.js';
import { proofText } from './tlog-proof.js';
import { TreeReader } from './tree-reader.js';

/** Signs checkpoints of the record and proofs of its entries (section 13 of the contract). */
@Injectable()
export class Evidence {
  /** The largest tree that this process has signed. */
  private signed: TreeHead | undefined;

  constructor(
    private readonly record: RecordReader,
    private readonly tiles: Tiles,
    private readonly keys: SigningKeys,
  ) {}

  /**
   * @returns a checkpoint of the record with everything that was committed before the call
   * @throws NoSigningKey
   * @throws RecordWasReplaced the record does not continue what this process signed
   */
  async checkpoint(): Promise<string> {
    this.requireKey();
    return this.sign(await this.head());
  }

  /**
   * @param position of the entry, at least 1
   * @returns a proof that the entry is in the record, with the entry and a checkpoint
   * @throws NotFound the record has no such position
   * @throws NoSigningKey, RecordWasReplaced as {@link checkpoint}
   */
  async proofAt(position: number): Promise<string> {
    this.requireKey();
    const entry = await this.record.at(position);
    if (entry === undefined) throw new NotFound();
    return this.prove(entry, position);
  }

  /**
   * @param id of the entry, a UUID
   * @returns as {@link proofAt}
   * @throws NotFound no entry has this id
   */
  async proofOf(id: string): Promise<string> {
    this.requireKey();
    const entry = await this.record.byId(id);
    if (entry === undefined) throw new NotFound();
    return this.prove(entry, entryOf(entry).position);
  }

  private async prove(entry: string, position: number): Promise<string> {
    // The head is read after the entry, so the tree contains it.
    const head = await this.head();
    const index = position - 1;
    const tree = new TreeReader(this.tiles, head.size);
    const hashes = await Promise.all(inclusionPath(index, head.size).map((range) => tree.hash(range)));
    return proofText({ entry, index, hashes, checkpoint: this.sign(head) });
  }

  private async head(): Promise<TreeHead> {
    const { origin, position, peaks } = await this.record.head();
    const head = { origin, size: position, root: new Peaks(peaks).root() };
    await this.requireContinuation(head);
    return head;
  }

  /**
   * A failover can lose commits while this process goes on. Then it must not sign another history under the same
   * origin.
   */
  private async requireContinuation(head: TreeHead): Promise<void> {
    const { signed } = this;
    if (signed?.origin === head.origin && signed.size > 0) {
      // Another request may have read a later head than this one.
      const { position } = signed.size > head.size ? await this.record.head() : { position: head.size };
      if (position < signed.size) throw new RecordWasReplaced();
      const root = await new TreeReader(this.tiles, position).hash({ from: 0, to: signed.size });
      if (!root.equals(signed.root)) throw new RecordWasReplaced();
      if (head.size < signed.size) return;
    }
    // Another request may have signed a later head while this one waited.
    if (this.signed?.origin !== head.origin || this.signed.size < head.size) this.signed = head;
  }

  private sign(head: TreeHead): string {
    const { privateKey } = this.requireKey();
    return signNote(checkpointText(head), head.origin, privateKey);
  }

  private requireKey() {
    if (this.keys.first === undefined) throw new NoSigningKey();
    return this.keys.first;
  }
}
