import { Injectable } from '@nestjs/common';
import { Reads } from '../../database/reads.js';
import { TILE_WIDTH, type TileIndex } from './tile-path.js';

/** Leaf n, counted from 0, is the entry at position n + 1. */
const LEAVES = `
  SELECT record_leaf(body) AS hash FROM record_entry
  WHERE position > $1::bigint AND position <= $2::bigint ORDER BY position`;

const ROOTS = `
  SELECT root AS hash FROM record_tile
  WHERE level = $1 AND number >= $2::bigint AND number < $3::bigint ORDER BY number`;

const BODIES = 'SELECT body FROM record_entry WHERE position > $1::bigint AND position <= $2::bigint ORDER BY position';

/** Reads tiles and entry bundles (C2SP tlog-tiles) from the primary. */
@Injectable()
export class Tiles {
  constructor(private readonly reads: Reads) {}

  /**
   * @param level of the tile; its hashes are those of subtrees of 256^level leaves
   * @returns the hashes of a tile, one after the other; undefined if the tree is too small for it
   */
  async hashes(level: number, { number, width }: TileIndex): Promise<Buffer | undefined> {
    // No tree of at most 2^53 leaves has it.
    if ((number * TILE_WIDTH + width) * TILE_WIDTH ** level > Number.MAX_SAFE_INTEGER) return undefined;
    const first = number * TILE_WIDTH;
    if (width === TILE_WIDTH) {
      const [tile] = await this.reads.query<{ hashes: Buffer }>(
        'SELECT hashes FROM record_tile WHERE level = $1 AND number = $2::bigint',
        [level, number],
      );
      return tile?.hashes;
    }
    const rows =
      level === 0
        ? await this.reads.query<{ hash: Buffer }>(LEAVES, [first, first + width])
        : await this.reads.query<{ hash: Buffer }>(ROOTS, [level - 1, first, first + width]);
    return rows.length === width ? Buffer.concat(rows.map(({ hash }) => hash)) : undefined;
  }

  /** @returns the entries of a bundle, each after its length; undefined if the record is too short for it */
  async bundle({ number, width }: TileIndex): Promise<Buffer | undefined> {
    const first = number * TILE_WIDTH;
    const rows = await this.reads.query<{ body: string }>(BODIES, [first, first + width]);
    return rows.length === width ? Buffer.concat(rows.map(({ body }) => withLength(body))) : undefined;
  }
}

/** @throws RangeError the entry has more than 65535 bytes: a defect */
function withLength(body: string): Buffer {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
