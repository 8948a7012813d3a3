import { HASH_LENGTH, nodeHash, splitOf, type Range } from './merkle.js';
import { TILE_HEIGHT, TILE_WIDTH } from './tile-path.js';
import type { Tiles } from './tiles.js';

/** Computes hashes of subtrees of the record from its tiles. Each tile is read once. */
export class TreeReader {
  private readonly tiles = new Map<string, Promise<Buffer>>();

  /** @param size of the tree, at most the position of the record's head */
  constructor(
    private readonly source: Tiles,
    private readonly size: number,
  ) {}

  /**
   * @param range of at least one leaf, which is a subtree of some tree
   * @returns the hash of the subtree
   */
  async hash({ from, to }: Range): Promise<Buffer> {
    const height = Math.log2(to - from);
    if (Number.isInteger(height)) return this.complete(from, height);
    const middle = from + splitOf(to - from);
    const [left, right] = [await this.hash({ from, to: middle }), await this.hash({ from: middle, to })];
    return nodeHash(left, right);
  }

  /** @returns the hash of the subtree of 2^height leaves after the first `from` leaves */
  private async complete(from: number, height: number): Promise<Buffer> {
    const level = Math.floor(height / TILE_HEIGHT);
    const start = from / TILE_WIDTH ** level;
    const tile = await this.tile(level, Math.floor(start / TILE_WIDTH));
    const offset = start % TILE_WIDTH;
    let hashes = Array.from({ length: 2 ** (height % TILE_HEIGHT) }, (_, index) =>
      tile.subarray((offset + index) * HASH_LENGTH, (offset + index + 1) * HASH_LENGTH),
    );
    while (hashes.length > 1) hashes = pairs(hashes);
    return hashes[0] ?? Buffer.alloc(0);
  }

  private tile(level: number, number: number): Promise<Buffer> {
    const key = `${String(level)}/${String(number)}`;
    const found = this.tiles.get(key) ?? this.read(level, number);
    this.tiles.set(key, found);
    return found;
  }

  /** @throws Error the tile is missing: the record was changed by its owner */
  private async read(level: number, number: number): Promise<Buffer> {
    const width = Math.min(TILE_WIDTH, Math.floor(this.size / TILE_WIDTH ** level) - number * TILE_WIDTH);
    const hashes = await this.source.hashes(level, { number, width });
    if (hashes === undefined) {
      throw new Error(`The record lacks tile ${String(number)} of level ${String(level)}; run \`record verify\`.`);
    }
    return hashes;
  }
}

/** @returns the hashes of the nodes over each two hashes, whose number is even */
function pairs(hashes: readonly Buffer[]): Buffer[] {
  return hashes.flatMap((hash, index) => {
    const left = hashes[index - 1];
    return index % 2 === 0 || left === undefined ? [] : [nodeHash(left, hash)];
  });
}
