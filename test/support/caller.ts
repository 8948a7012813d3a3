import type { FastifyRequest } from 'fastify';
import type { DataSource } from 'typeorm';
import { CallersReader } from '../../src/auth/callers.reader.js';
import type { CurrentMedic } from '../../src/auth/current-medic.decorator.js';
import { Reads } from '../../src/database/reads.js';

/** @returns the caller that the key authenticates. @throws InvalidToken the key is not valid */
export async function callerOf(dataSource: DataSource, key: string): Promise<CurrentMedic> {
  const reads = new Reads(dataSource);
  try {
    const headers = { authorization: `Token ${key}` };
    const callers = new CallersReader(reads);
    return await callers.get({ headers } as FastifyRequest, callers.prepare());
  } finally {
    await reads.onApplicationShutdown();
  }
}
