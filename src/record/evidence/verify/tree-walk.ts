import { HASH_LENGTH, leafHash, Peaks } from '../merkle.js';
import { TILE_HEIGHT, TILE_WIDTH } from '../tile-path.js';

/** A stored tile. */
export interface StoredTile {
  readonly hashes: Buffer;
  readonly root: Buffer;
}

/** @returns a stored tile; undefined if there is none */
export type FindTile = (level: number, number: number) => Promise<StoredTile | undefined>;

/**
 * Recomputes the tree from the bodies of entries, and compares each tile that becomes full with the stored one. It keeps
 * at most 256 hashes of each level.
 */
export class TreeWalk {
  private readonly peaks = new Peaks();
  private readonly levels: Buffer[][] = [];
  private count = 0;

  constructor(private readonly find: FindTile) {}

  /** Number of leaves. */
  get size(): number {
    return this.count;
  }

  /** @returns the root of the leaves so far */
  root(): Buffer {
    return this.peaks.root();
  }

  /**
   * Adds the next entry.
   * @returns what is wrong with a tile that it completes, or undefined
   */
  async add(body: string): Promise<string | undefined> {
    const leaf = leafHash(body);
    this.peaks.add(leaf);
    this.count += 1;
    return this.fill(0, leaf);
  }

  /**
   * @param peaks of the head
   * @returns the positions whose hash differs from that of the head, or undefined
   */
  wrongPeak(peaks: readonly (Buffer | null)[]): { readonly first: number; readonly last: number } | undefined {
    let last = 0;
    for (let height = Math.max(this.levels.length * TILE_HEIGHT, peaks.length); height >= 0; height -= 1) {
      const peak = this.peaks.at(height);
      const first = last + 1;
      if (peak !== null) last += 2 ** height;
      const stored = peaks[height] ?? null;
      if (peak === null ? stored !== null : stored?.equals(peak) !== true)
        return { first, last: peak === null ? this.count : last };
    }
    return undefined;
  }

  private async fill(level: number, hash: Buffer): Promise<string | undefined> {
    const hashes = (this.levels[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return undefined;
    this.levels[level] = [];
    const number = this.count / TILE_WIDTH ** (level + 1) - 1;
    const root = rootOf(hashes);
    return wrongTile(await this.find(level, number), { level, number, hashes, root }) ?? this.fill(level + 1, root);
  }
}

interface ComputedTile {
  readonly level: number;
  readonly number: number;
  readonly hashes: readonly Buffer[];
  readonly root: Buffer;
}

function wrongTile(stored: StoredTile | undefined, { level, number, hashes, root }: ComputedTile): string | undefined {
  const name = `tile ${String(number)} of level ${String(level)}`;
  if (stored === undefined) return `${name} is missing.`;
  const wrong = hashes.findIndex(
    (hash, index) => !stored.hashes.subarray(index * HASH_LENGTH, (index + 1) * HASH_LENGTH).equals(hash),
  );
  if (wrong >= 0) {
    return level === 0
      ? `position ${String(number * TILE_WIDTH + wrong + 1)}: the entry does not have the hash that its tile contains.`
      : `${name}: hash ${String(wrong)} is not the root of the tile below.`;
  }
  return stored.root.equals(root) ? undefined : `${name} has a wrong root.`;
}

function rootOf(hashes: readonly Buffer[]): Buffer {
  const peaks = new Peaks();
  for (const hash of hashes) peaks.add(hash);
  return peaks.root();
}
