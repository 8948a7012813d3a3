import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { NotFound } from '../common/errors.js';
import { Reads } from '../database/reads.js';
import { HospitalPicture, type PictureKind } from './hospital-picture.entity.js';

/** Pictures need no key, so all who ask for one share what one caller may have at a time. */
const ANYBODY = { id: null };
/** How much of a picture is read at first, in bytes: what a client that reads nothing makes the process hold. */
const FIRST_PART = 64 * 1024;

/** How much is read each time the client has read what came before. */
const NEXT_PART = 256 * 1024;

/** Some bytes of a picture, and how many it has. */
interface Part {
  readonly size: number;
  readonly bytes: Buffer;
}

/** Stores and finds the pictures of hospitals. */
@Injectable()
export class PicturesService {
  constructor(private readonly reads: Reads) {}

  /** Replaces a picture, removes it for null, and leaves it for undefined. */
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
   * @param digest the SHA-256 of the content, in hex
   * @returns the size of a picture that a hospital has now, and its content, of which one part at a time is held
   * @throws NotFound no hospital has it (any more)
   */
  async get(digest: string): Promise<{ size: number; content: Readable }> {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new NotFound();
    const first = await this.read(digest, 0, FIRST_PART);
    const content = Readable.from(this.parts(digest, first), { objectMode: false, highWaterMark: 1 });
    return { size: first.size, content };
  }

  /** @yields first the part that has been read already */
  private async *parts(digest: string, first: Part): AsyncGenerator<Buffer> {
    for (let at = 0, part = first; at < first.size;) {
      yield part.bytes;
      at += part.bytes.length;
      if (at < first.size) part = await this.read(digest, at, NEXT_PART);
    }
  }

  private async read(digest: string, at: number, most: number): Promise<Part> {
    const [part] = await this.reads.listsOf(ANYBODY).query<Part>(
      `SELECT octet_length(content) AS size, substr(content, $2::integer + 1, $3::integer) AS bytes
         FROM hospital_picture WHERE digest = decode($1, 'hex') LIMIT 1`,
      [digest, at, most],
    );
    if (part === undefined) throw new NotFound();
    return part;
  }
}
