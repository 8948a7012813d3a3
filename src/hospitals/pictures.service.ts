import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { NotFound } from '../common/errors.js';
import { Reads } from '../database/reads.js';
import type { Statements } from '../database/statements.js';
import { HospitalPicture, type PictureKind } from './hospital-picture.entity.js';

/** The route is public, so all requests for pictures share the allowance of one caller. */
const ANONYMOUS = { id: null };

/**
 * Chunk size in bytes. V8 frees chunks of this size at its next minor collection. Larger ones stay until a major
 * one, and 20 slow clients turn them into hundreds of megabytes.
 */
const CHUNK_SIZE = 48 * 1024;

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
    const first = await this.read(this.reads.listsOf(ANONYMOUS), digest, 0);
    return { size: first.size, content: this.stream(digest, first) };
  }

  /** Streams one chunk at a time. `Readable.from` would read one ahead, even for a client that reads nothing. */
  private stream(digest: string, { size, bytes }: Chunk): Readable {
    let offset = 0;
    const next = async (): Promise<Buffer | null> => {
      if (offset === size) return null;
      const chunk = offset === 0 ? bytes : (await this.read(this.reads.restOf(ANONYMOUS), digest, offset)).bytes;
      offset += chunk.length;
      return chunk;
    };
    const stream = new Readable({
      highWaterMark: 0,
      read: () => {
        next().then(
          (chunk) => stream.push(chunk),
          (error: unknown) => stream.destroy(error as Error),
        );
      },
    });
    return stream;
  }

  private async read(on: Statements, digest: string, offset: number): Promise<Chunk> {
    const [chunk] = await on.query<Chunk>(
      `SELECT octet_length(content) AS size, substr(content, $2::integer + 1, ${String(CHUNK_SIZE)}) AS bytes
         FROM hospital_picture WHERE digest = decode($1, 'hex') LIMIT 1`,
      [digest, offset],
    );
    if (chunk === undefined) throw new NotFound();
    return chunk;
  }
}
