import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/require.decorator.js';
import { Answers } from '../http/output/answers.decorator.js';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { Reads } from '../database/reads.js';
import { rowOf } from '../database/statements.js';
import { Draining, ShuttingDown } from '../http/server/draining.js';

export class HealthResponse {
  @ApiProperty({ example: 'ok' })
  status!: 'ok';
}

/** Probes for load balancers and supervisors. */
@ApiTags('Health')
@Controller('health')
export class HealthController {
  private pendingCheck: Promise<boolean> | undefined;

  constructor(
    private readonly reads: Reads,
    private readonly draining: Draining,
  ) {}

  @Get('live')
  @Public()
  @Answers({
    summary: 'Liveness: the process is running',
    rules: 'Does not ask the database.',
    ok: HealthResponse,
  })
  getLiveness(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @Answers({
    summary: 'Readiness: the database is reachable and writable',
    rules: 'A process that is shutting down is not ready.',
    ok: HealthResponse,
    errors: {
      503: {
        'The database is unavailable or read-only.': { message: new DatabaseUnavailable().message },
        'The process is shutting down.': { message: new ShuttingDown().message },
      },
    },
  })
  async getReadiness(): Promise<HealthResponse> {
    this.draining.requireServing();
    this.pendingCheck ??= this.isWritable().finally(() => {
      this.pendingCheck = undefined;
    });
    if (!(await this.pendingCheck)) throw new DatabaseUnavailable();
    return { status: 'ok' };
  }

  /**
   * @returns whether the database responds and accepts writes. `transaction_read_only` is always on for a standby; on a
   *   primary it is a setting of the operator. Read connections respond even while all writes are blocked.
   */
  private async isWritable(): Promise<boolean> {
    const sql = `SELECT current_setting('transaction_read_only') = 'off' AS "isWritable"`;
    return this.reads.query<{ isWritable: boolean }>(sql).then(
      (rows) => rowOf(rows).isWritable,
      () => false,
    );
  }
}
