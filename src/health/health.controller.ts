import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/require.decorator.js';
import { Answers, namedExamples } from '../http/output/answers.decorator.js';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { Draining, ShuttingDown } from '../http/server/draining.js';
import { Readiness, type Checks } from './readiness.js';

export class HealthResponse {
  @ApiProperty({ example: 'ok' })
  status!: 'ok';
}

/** As {@link Checks}. */
export class ChecksResponse implements Checks {
  @ApiProperty({ enum: ['ok', 'read-only', 'unavailable'] })
  database!: Checks['database'];

  @ApiProperty({
    type: 'string',
    enum: ['primary', 'standby', null],
    nullable: true,
    description: 'Null if the database did not say.',
  })
  role!: Checks['role'];

  @ApiProperty({
    enum: ['ok', 'unavailable', 'off'],
    description: '`off` if none is configured. The process is ready without Redis too.',
  })
  redis!: Checks['redis'];

  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 12.345,
    description: 'Seconds since the record has last received entries; null if it has none, or if that is unknown.',
  })
  record_head_age!: number | null;
}

export class ReadinessResponse {
  @ApiProperty({ example: 'ok' })
  status!: 'ok';

  @ApiProperty({ type: ChecksResponse })
  checks!: ChecksResponse;
}

/** The body of a 503. */
export class NotReadyResponse {
  @ApiProperty({ example: new DatabaseUnavailable().message })
  message!: string;

  @ApiProperty({ type: ChecksResponse, required: false, description: 'Absent if the process refuses all requests.' })
  checks?: ChecksResponse;
}

/** The database is unavailable or read-only. */
class NotReady extends DatabaseUnavailable {
  constructor(checks: Checks) {
    super(undefined, { checks });
  }
}

/** Probes for load balancers and supervisors. */
@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
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
    rules:
      'A process that is shutting down is not ready. `checks` says what was found, within three seconds; only ' +
      '`database` decides.',
    ok: ReadinessResponse,
  })
  @ApiResponse({
    status: 503,
    description: 'The database is unavailable or read-only, or the process is overloaded or shutting down.',
    type: NotReadyResponse,
    examples: namedExamples({
      'The database is unavailable.': {
        message: new DatabaseUnavailable().message,
        checks: { database: 'unavailable', role: 'standby', redis: 'off', record_head_age: null },
      },
      'The process is shutting down.': { message: new ShuttingDown().message },
    }),
  })
  async getReadiness(): Promise<ReadinessResponse> {
    this.draining.requireServing();
    const checks = await this.readiness.check();
    if (checks.database !== 'ok') throw new NotReady(checks);
    return { status: 'ok', checks };
  }
}
