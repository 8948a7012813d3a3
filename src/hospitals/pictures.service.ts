import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { NotFound } from '../common/domain-error.js';
import { Reads } from '../database/reads.js';
import { HospitalPicture, type PictureKind } from './hospital-picture.entity.js';

/** Pictures need no key, so all who ask for one share what one caller may have at a time. */
const ANYBODY = { id: null };

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
   * @returns the content of a picture that a hospital has now
   * @throws NotFound no hospital has it (any more)
   */
  async get(digest: string): Promise<Buffer> {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new NotFound();
    const [picture] = await this.reads
      .listsOf(ANYBODY)
      .query<{ content: Buffer }>(`SELECT content FROM hospital_picture WHERE digest = decode($1, 'hex') LIMIT 1`, [
        digest,
      ]);
    if (picture === undefined) throw new NotFound();
    return picture.content;
  }
}
