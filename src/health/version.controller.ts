import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from '../access/require.decorator.js';
import { COMMIT, NAME, VERSION } from '../config/version.js';
import { Answers } from '../http/output/answers.decorator.js';
import { InvalidHost } from '../http/output/http-errors.js';
import { Problem } from '../http/output/problem.decorator.js';
import { RouteSettings } from '../http/server/route-settings.js';

export class VersionResponse {
  @ApiProperty({ example: 'hospital-memberships' })
  name!: string;

  @ApiProperty({ example: VERSION })
  version!: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '4f2a9d0c5b7e1f38a6c0d92e7b41f5a83c6d1e07',
    description: 'The commit it was built from, with `-dirty` if files differed from it; null if unknown.',
  })
  commit!: string | null;

  @ApiProperty({
    example: 'ServiceAccounts1768500000000',
    description: 'The last migration that this version needs. The schema of the database is at least that recent.',
  })
  schema_version!: string;
}

/** The running version (section 15 of the contract). */
@ApiTags('Health')
@Controller('version')
export class VersionController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  @Public()
  @RouteSettings({ anyAccept: true, errorFormat: 'problem' })
  @Answers({
    summary: 'Version of the process',
    rules: 'Does not ask the database.',
    ok: VersionResponse,
  })
  @Problem(400, 'The Host header names no host.', new InvalidHost())
  getVersion(): VersionResponse {
    return {
      name: NAME,
      version: VERSION,
      commit: COMMIT,
      schema_version: this.dataSource.migrations.at(-1)?.name ?? '',
    };
  }
}
