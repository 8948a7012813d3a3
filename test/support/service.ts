import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { readEnvironment } from '../../src/config/environment.js';
import { createApp } from '../../src/create-app.js';
import { Client } from './client.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { ServedDocument, type Document } from './document.js';
import { Given } from './given.js';
import { hasFastStore, onTransactionalStore } from './stores.js';
import { until } from './until.js';

/** The application as in production, on the test file's own database, listening on a port. */
export class Service {
  app!: NestFastifyApplication;
  database!: TestDatabase;
  /** Sends requests without a token. */
  client!: Client;
  /** The only writer that bypasses the API. */
  given!: Given;
  /** Every log line. */
  readonly log: string[] = [];
  /** Whether frequent writes are single statements, see `stores.ts`. */
  readonly hasFastStore = hasFastStore();

  constructor(
    private readonly variables: Record<string, string>,
    private readonly statementTimeout?: number,
  ) {}

  get dataSource(): DataSource {
    return this.database.dataSource;
  }

  async start(): Promise<void> {
    this.database = await createTestDatabase(this.statementTimeout);
    const environment = readEnvironment({ RATE_LIMIT: '0', ...this.variables });
    const logger = pino({ level: 'info' }, { write: (line: string) => this.log.push(line) });
    const create = async () => {
      this.app = await createApp(this.dataSource, environment, logger);
    };
    await (this.hasFastStore ? create() : onTransactionalStore(create));
    await this.app.listen(0, '127.0.0.1');
    const { port } = this.app.getHttpServer().address() as { port: number };
    const url = `http://127.0.0.1:${String(port)}`;
    this.client = new Client(url, this.database, new ServedDocument(await this.document()));
    this.given = new Given(this.dataSource, this.client);
  }

  /** @returns the document, fetched from another address than the tests' address, whose requests are counted */
  document(): Promise<Document> {
    return until(async () => {
      const answer = await this.app.inject({ url: '/openapi.json', remoteAddress: '192.0.2.255' });
      return answer.statusCode === 200 ? answer.json<Document>() : undefined;
    });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }
}

/** @returns a client of the server at `url`, which checks responses against the served document */
export async function clientOf(url: string, database: TestDatabase): Promise<Client> {
  return new Client(url, database, new ServedDocument(await documentOf(url)));
}

/** @returns the document, once it is served: a new process may reject requests until its event loop catches up */
function documentOf(url: string): Promise<Document> {
  return until(async () => {
    const answer = await fetch(`${url}/openapi.json`);
    return answer.ok ? ((await answer.json()) as Document) : undefined;
  });
}

/** Starts several services in one process, where starting one delays the others. */
export async function startTogether(...services: readonly Service[]): Promise<void> {
  for (const service of services) await service.start();
  for (const service of services) await service.document();
}

/**
 * Starts a service for the tests of a file, and stops it after them.
 * @param variables settings that differ from the defaults
 * @param statementTimeout see {@link createTestDatabase}
 */
export function useService(variables: Record<string, string> = {}, statementTimeout?: number): Service {
  const service = new Service(variables, statementTimeout);
  beforeAll(() => service.start());
  afterAll(() => service.stop());
  return service;
}
