import { createHash, createPublicKey, verify } from 'node:crypto';

/** A transparency log as an auditor without our code sees it: RFC 6962, and signed notes of C2SP. */

const sha256 = (...parts: (Buffer | string)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** @returns the Merkle tree hash of entries (RFC 6962, section 2.1) */
export function rootOf(entries: readonly (Buffer | string)[]): Buffer {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256('\0', entries[0] ?? '');
  const split = 2 ** Math.ceil(Math.log2(entries.length) - 1);
  return sha256('\x01', rootOf(entries.slice(0, split)), rootOf(entries.slice(split)));
}

/** @returns the entries in a bundle */
export function entriesIn(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let start = 0; start < bundle.length;) {
    const end = start + 2 + bundle.readUInt16BE(start);
    entries.push(bundle.subarray(start + 2, end));
    start = end;
  }
  return entries;
}

/** @returns the paths of the bundles, or of the tiles of level 0, of the first `size` entries; at most 256,000 */
export function pathsOf(size: number): string[] {
  const full = Array.from({ length: Math.floor(size / 256) }, (_, n) => String(n).padStart(3, '0'));
  return size % 256 === 0 ? full : [...full, `${String(full.length).padStart(3, '0')}.p/${String(size % 256)}`];
}

/** @returns the 32-byte hashes in a tile, in hexadecimal */
export function hashesIn(tile: Buffer): string[] {
  return Array.from({ length: tile.length / 32 }, (_, n) => tile.toString('hex', n * 32, (n + 1) * 32));
}

/** The contents of a checkpoint. */
export interface ReadCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** Reads a checkpoint and fails the test unless the key of this JWK has signed it. */
export function openCheckpoint(note: string, x: string): ReadCheckpoint {
  const [, text = '', name = '', encoded = ''] = /^((?:.+\n){3})\n— (\S+) (\S+)\n$/.exec(note) ?? [];
  const [origin = '', size = '', root = ''] = text.split('\n');
  const signature = Buffer.from(encoded, 'base64');
  const publicKey = Buffer.from(x, 'base64url');
  const id = sha256(`${name}\n\x01`, publicKey).subarray(0, 4);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect(name).toBe(origin);
  expect(signature.toString('hex', 0, 4)).toBe(id.toString('hex'));
  expect(verify(null, Buffer.from(text), key, signature.subarray(4))).toBe(true);
  return { origin, size: Number(size), root: Buffer.from(root, 'base64').toString('hex') };
}

/** The contents of a proof. */
export interface ReadProof {
  readonly entry: Buffer;
  readonly index: number;
  readonly hashes: readonly Buffer[];
  readonly checkpoint: string;
}

/** @returns the contents of a C2SP tlog-proof with extra data */
export function readProof(proof: string): ReadProof {
  const [, extra = '', index = '', hashes = '', checkpoint = ''] =
    /^c2sp\.org\/tlog-proof@v1\nextra (\S+)\nindex (\d+)\n((?:\S+\n)*)\n(.*)$/s.exec(proof) ?? [];
  return {
    entry: Buffer.from(extra, 'base64'),
    index: Number(index),
    hashes: hashes
      .split('\n')
      .slice(0, -1)
      .map((hash) => Buffer.from(hash, 'base64')),
    checkpoint,
  };
}

/** @returns the root that a proof leads to, by the algorithm of RFC 9162, section 2.1.3.2 */
export function rootByProof({ entry, index, hashes }: ReadProof, size: number): string {
  let [fn, sn, r] = [index, size - 1, rootOf([entry])];
  for (const p of hashes) {
    expect(sn).not.toBe(0);
    if (fn % 2 === 1 || fn === sn) {
      r = sha256('\x01', p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else r = sha256('\x01', r, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  expect(sn).toBe(0);
  return r.toString('hex');
}
