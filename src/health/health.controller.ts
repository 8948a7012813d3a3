import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from '../auth/access.decorator.js';
import { Answers } from '../common/answers.decorator.js';
import { DatabaseUnavailable } from '../common/database-errors.js';
import { Draining, ShuttingDown } from './draining.js';

/** That the process is well. */
export class HealthResponse {
  @ApiProperty({ example: 'ok' })
  status!: 'ok';
}

/** For whoever decides whether the process gets traffic, or is started again. */
@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly draining: Draining,
  ) {}

  @Get('live')
  @Public()
  @Answers({ summary: 'Whether the process answers at all', ok: HealthResponse })
  getLiveness(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @Answers({
    summary: 'Whether the process is to get requests: the database answers too',
    ok: HealthResponse,
    errors: {
      503: {
        'The database is away.': { message: new DatabaseUnavailable().message },
        'The process is about to end.': { message: new ShuttingDown().message },
      },
    },
  })
  async getReadiness(): Promise<HealthResponse> {
    this.draining.requireServing();
    await this.dataSource.query('SELECT 1').catch(() => {
      throw new DatabaseUnavailable();
    });
    return { status: 'ok' };
  }
}
