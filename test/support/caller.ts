import type { FastifyRequest } from 'fastify';
import type { DataSource } from 'typeorm';
import { InvalidToken } from '../../src/auth/auth.errors.js';
import { CallersReader } from '../../src/auth/callers.reader.js';
import type { CurrentMedic } from '../../src/auth/current-medic.decorator.js';
import { digestOf } from '../../src/auth/token-key.js';
import { Reads } from '../../src/database/reads.js';

/** @returns the caller that the key authenticates. @throws InvalidToken the key is not valid */
export async function callerOf(dataSource: DataSource, key: string): Promise<CurrentMedic> {
  const reads = new Reads(dataSource);
  try {
    const caller = await new CallersReader(reads).find(digestOf(key), { id: 'test' } as FastifyRequest);
    if (caller === null) throw new InvalidToken();
    return caller;
  } finally {
    await reads.onApplicationShutdown();
  }
}
