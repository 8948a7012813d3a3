import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { createTestDatabase } from '../support/database.js';
import { Given } from '../support/given.js';
import type { Client } from '../support/client.js';
import { newPem, write } from '../support/key-files.js';
import { ServerProcess } from '../support/process.js';
import { isServer } from '../support/server.js';
import { Service } from '../support/service.js';

/** The service under test. */
export interface Target {
  readonly url: string;
  readonly given: Given;
  readonly dataSource: DataSource;
  /** @returns all lines of its log */
  log(): string[];
  stop(): Promise<void>;
}

/**
 * Starts the built program as a separate process on a real PostgreSQL. The embedded database can be opened
 * by one process only, so there the application runs in this one.
 */
export function startTarget(): Promise<Target> {
  return isServer ? startProcess() : startInside();
}

async function startProcess(): Promise<Target> {
  const database = await createTestDatabase();
  const { dataSource } = database;
  // Without a key, the evidence of the record would be a 501.
  const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-fuzz-'));
  const SIGNING_KEY_FILE = write(folder, 'key.pem', newPem());
  const server = new ServerProcess({ ...database.variables, RATE_LIMIT: '0', SIGNING_KEY_FILE });
  return {
    url: await server.url(),
    given: new Given(dataSource, undefined as unknown as Client),
    dataSource,
    log: () => [
      ...server.output.split('\n').filter((line) => line !== ''),
      ...(server.errors === '' ? [] : [server.errors]),
    ],
    stop: async () => {
      await server.stop('SIGKILL');
      rmSync(folder, { recursive: true });
      await database.drop();
    },
  };
}

async function startInside(): Promise<Target> {
  const service = new Service({});
  await service.start();
  const { client, given, dataSource, log } = service;
  return { url: client.url, given, dataSource, log: () => log, stop: () => service.stop() };
}
