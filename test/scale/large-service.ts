import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { createDatabase, dropDatabase, sizeOf } from '../../bench/database.js';
import { readEnvironment } from '../../src/config/environment.js';
import { createApp } from '../../src/create-app.js';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { requireServer } from '../faults/scratch.js';

/** Number of memberships in the database: one million unless `SCALE_MEMBERSHIPS` is set. */
export const SIZE = sizeOf(Number(process.env['SCALE_MEMBERSHIPS'] ?? 1_000_000));

/**
 * Gives the tests of a file a copy of the large database.
 * @param purpose suffix of its name, unique to the file
 * @returns a function that returns its URL
 */
export function useLargeDatabase(purpose: string): () => string {
  const serverUrl = process.env['TEST_DATABASE_URL'] ?? '';
  let url = '';
  beforeAll(async () => {
    requireServer();
    url = await createDatabase(serverUrl, SIZE, purpose);
  }, 1_800_000);
  afterAll(() => dropDatabase(serverUrl, SIZE, purpose));
  return () => url;
}

/** The application as in production, in this process, with session settings chosen by the test. */
export class LargeService {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly dataSource: DataSource,
    readonly url: string,
  ) {}

  static async start(databaseUrl: string, settings: Record<string, string>): Promise<LargeService> {
    const url = new URL(databaseUrl);
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
    url.searchParams.set('options', options.join(' '));
    const dataSource = await new DataSource(postgresOptions(url.href)).initialize();
    const app = await createApp(dataSource, readEnvironment({ RATE_LIMIT: '0' }), pino({ level: 'silent' }));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as { port: number };
    return new LargeService(app, dataSource, `http://127.0.0.1:${String(port)}`);
  }
}
