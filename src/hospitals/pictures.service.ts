import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { NotFound } from '../common/errors.js';
import { Reads } from '../database/reads.js';
import { HospitalPicture, type PictureKind } from './hospital-picture.entity.js';

/** The route is public, so all requests for pictures share the allowance of one caller. */
const ANONYMOUS = { id: null };
/** Size of the first chunk, in bytes: the memory that a client can hold without reading. */
const FIRST_CHUNK = 64 * 1024;

/** Size of the following chunks, in bytes. Each one is read when the client has received the one before. */
const NEXT_CHUNK = 256 * 1024;

/** A chunk of a picture and the size of the whole, in bytes. */
interface Chunk {
  readonly size: number;
  readonly bytes: Buffer;
}

@Injectable()
export class PicturesService {
  constructor(private readonly reads: Reads) {}

  /** Stores a picture; null removes it, undefined leaves it unchanged. */
  async set(manager: EntityManager, hospitalId: number, kind: PictureKind, content: Buffer | null | undefined) {
    if (content === undefined) return;
    if (content === null) {
      await manager.delete(HospitalPicture, { hospitalId, kind });
      return;
    }
    const digest = createHash('sha256').update(content).digest();
    await manager.upsert(HospitalPicture, { hospitalId, kind, digest, content }, ['hospitalId', 'kind']);
  }

  /**
   * @param digest SHA-256 of the content, in hex
   * @returns the size in bytes and the content as a stream that holds one chunk at a time
   * @throws NotFound no hospital has the picture, or no longer has it
   */
  async get(digest: string): Promise<{ size: number; content: Readable }> {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new NotFound();
    const first = await this.read(digest, 0, FIRST_CHUNK);
    const content = Readable.from(this.chunks(digest, first), { objectMode: false, highWaterMark: 1 });
    return { size: first.size, content };
  }

  /** @yields `first`, then the chunks after it */
  private async *chunks(digest: string, first: Chunk): AsyncGenerator<Buffer> {
    for (let offset = 0, chunk = first; offset < first.size;) {
      yield chunk.bytes;
      offset += chunk.bytes.length;
      if (offset < first.size) chunk = await this.read(digest, offset, NEXT_CHUNK);
    }
  }

  private async read(digest: string, offset: number, length: number): Promise<Chunk> {
    const [chunk] = await this.reads.listsOf(ANONYMOUS).query<Chunk>(
      `SELECT octet_length(content) AS size, substr(content, $2::integer + 1, $3::integer) AS bytes
         FROM hospital_picture WHERE digest = decode($1, 'hex') LIMIT 1`,
      [digest, offset, length],
    );
    if (chunk === undefined) throw new NotFound();
    return chunk;
  }
}
