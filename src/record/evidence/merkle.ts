import { createHash } from 'node:crypto';

/** Leaves `from` (inclusive) to `to` (exclusive) of a Merkle tree, counted from 0. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Length of a hash, in bytes. */
export const HASH_LENGTH = 32;

/** The root of the tree without leaves. */
const EMPTY_ROOT = createHash('sha256').digest();

/** @returns the hash of a leaf (RFC 6962, section 2.1) */
export function leafHash(body: string | Buffer): Buffer {
  return createHash('sha256').update('\x00').update(body).digest();
}

/** @returns the hash of a node (RFC 6962, section 2.1) */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update('\x01').update(left).update(right).digest();
}

/** @returns the largest power of two that is less than `size`, which is at least 2 */
export function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * @param index of the leaf, counted from 0 and less than `size`
 * @returns the subtrees whose hashes prove the leaf, from its sibling up to the child of the root (RFC 6962, 2.1.1)
 */
export function inclusionPath(index: number, size: number): Range[] {
  const path: Range[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  return path.reverse();
}

/**
 * @param leaf hash of the leaf at `index`
 * @param proof hashes of {@link inclusionPath}
 * @returns the root that the proof leads to, or undefined if it has another number of hashes
 */
export function rootOfProof(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer | undefined {
  if (index >= size) return undefined;
  const path = inclusionPath(index, size);
  if (path.length !== proof.length) return undefined;
  return proof.reduce((hash, sibling, step) => {
    const isLeft = (path[step]?.from ?? 0) < index;
    return isLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }, leaf);
}

/** A tree that grows by one leaf at a time and keeps only the hashes of its complete subtrees at the end. */
export class Peaks {
  /** Item h is the hash of the complete subtree of 2^h leaves at the end; null if there is none. */
  private readonly hashes: (Buffer | null)[];

  /** @param hashes see `Head.peaks`; by default those of the empty tree */
  constructor(hashes: readonly (Buffer | null)[] = []) {
    this.hashes = [...hashes];
  }

  /** Adds a leaf by its hash. */
  add(leaf: Buffer): void {
    let hash = leaf;
    let height = 0;
    for (let peak = this.at(0); peak !== null; peak = this.at(height)) {
      hash = nodeHash(peak, hash);
      this.hashes[height] = null;
      height += 1;
    }
    this.hashes[height] = hash;
  }

  /** @returns the hash of the complete subtree of 2^height leaves at the end; null if there is none */
  at(height: number): Buffer | null {
    return this.hashes[height] ?? null;
  }

  /** @returns the root of the tree */
  root(): Buffer {
    const root = this.hashes.reduce(
      (hash, peak) => (hash === null || peak === null ? (peak ?? hash) : nodeHash(peak, hash)),
      null,
    );
    return root ?? EMPTY_ROOT;
  }
}
