/** Number of hashes or entries in a full tile. */
export const TILE_WIDTH = 256;

/** Number of levels of the tree that a full tile spans. */
export const TILE_HEIGHT = Math.log2(TILE_WIDTH);

/** The last level of a tile that a path may name. */
const LAST_LEVEL = 63;

/** A tile within its level, or an entry bundle. */
export interface TileIndex {
  readonly number: number;
  /** Number of its hashes or entries, 1 to {@link TILE_WIDTH}. */
  readonly width: number;
}

/** @returns the level; undefined if the text is not one */
export function parseLevel(text: string): number | undefined {
  return /^(0|[1-9]\d?)$/.test(text) && Number(text) <= LAST_LEVEL ? Number(text) : undefined;
}

/**
 * @param path `<N>` or `<N>.p/<W>` of C2SP tlog-tiles, such as `x001/x234/067` or `000.p/12`
 * @returns undefined if it is not the path of a tile, or of one beyond 2^53 leaves
 */
export function parseTilePath(path: string): TileIndex | undefined {
  const [, index = '', width] = /^((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? [];
  const number = Number(index.replace(/[x/]/g, ''));
  // The path of a tile is unique: it has no leading elements without a value.
  if (index === '' || index.startsWith('x000') || number > Number.MAX_SAFE_INTEGER / TILE_WIDTH) return undefined;
  if (Number(width) >= TILE_WIDTH) return undefined;
  return { number, width: width === undefined ? TILE_WIDTH : Number(width) };
}
