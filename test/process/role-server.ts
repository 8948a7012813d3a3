import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { OwnPostgres } from '../faults/own-postgres.js';
import { run } from '../support/cli.js';

const DATABASE = 'memberships';

/** @returns the code blocks below a heading of docs/operations.md */
export async function blocksBelow(heading: string): Promise<string[]> {
  const [, section = ''] = (await readFile('docs/operations.md', 'utf8')).split(`\n### ${heading}\n`);
  const [own = ''] = section.split(/\n##/);
  return [...own.matchAll(/```\w+\n([^]*?)```/g)].map(([, code = '']) => code);
}

/** Runs a shell script in a folder. @returns its output */
export async function shell(script: string, variables: Record<string, string> = {}, cwd = '.'): Promise<string> {
  const env = { ...process.env, ...variables };
  return (await promisify(execFile)('/bin/sh', ['-e', '-c', script], { env, cwd })).stdout;
}

/** Runs SQL as an operator would by pasting it into psql. */
export async function paste(sql: string, url: string): Promise<void> {
  await shell('printf %s "$SQL" | psql -qX -v ON_ERROR_STOP=1 "$URL"', { SQL: sql, URL: url });
}

/** A PostgreSQL server with the roles of docs/operations.md, which belong to a whole server. */
export class RoleServer {
  private constructor(
    private readonly postgres: OwnPostgres,
    /** The SQL that creates the roles. */
    readonly roles: string,
    /** The SQL that grants the serving role its rights. */
    readonly grants: string,
  ) {}

  /** @returns a server with an empty migrated database */
  static async start(): Promise<RoleServer> {
    const [roles = '', , grants = ''] = await blocksBelow('Roles');
    const postgres = await OwnPostgres.create();
    await postgres.start();
    const server = new RoleServer(postgres, roles, grants);
    await paste(roles, postgres.url);
    expect(await run({ DATABASE_URL: server.url('owner') }, 'migrate')).toMatchObject({ code: 0, err: '' });
    await paste(grants, server.url('owner'));
    return server;
  }

  get superuserUrl(): string {
    return this.postgres.url;
  }

  url(role: 'owner' | 'server', database = DATABASE): string {
    const url = new URL(this.postgres.url);
    url.username = `memberships_${role}`;
    url.pathname = `/${database}`;
    return url.href;
  }

  remove(): Promise<void> {
    return this.postgres.remove();
  }
}
