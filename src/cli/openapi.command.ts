import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { AppModule } from '../app.module.js';
import { Limiters } from '../limits/limiter.js';
import { useApiPrefix } from '../create-app.js';
import { readEnvironment } from '../config/environment.js';
import { postgresOptions } from '../database/data-source-options.js';
import { createOpenApiDocument } from '../server/openapi.js';
import type { Session } from './session.js';

/** Adds `openapi`. */
export function addOpenApiCommand(program: Command, session: Session): void {
  program
    .command('openapi')
    .description('Print the OpenAPI document of the API as JSON. Needs no database.')
    .action(async () => {
      const unused = new DataSource(postgresOptions('postgres://localhost'));
      const environment = readEnvironment({});
      const module = AppModule.on(unused, environment, new Limiters(null, environment));
      const options = { preview: true, logger: false } as const;
      const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options);
      useApiPrefix(app);
      session.terminal.out(`${JSON.stringify(createOpenApiDocument(app), null, 2)}\n`);
    });
}
