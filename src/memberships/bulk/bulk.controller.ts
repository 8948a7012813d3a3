import { Body, Controller, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { Require } from '../../access/require.decorator.js';
import { target } from '../../access/target.js';
import { AccountLimits } from '../../auth/account-limits.js';
import { Caller, type CurrentMedic } from '../../auth/current-medic.decorator.js';
import { Answers } from '../../http/output/answers.decorator.js';
import { answerOnce } from '../../retries/answer-once.js';
import { CurrentAttempt, type Attempt } from '../../retries/attempt.js';
import { Idempotent, IN_PROGRESS, REPLAYED } from '../../retries/idempotent.decorator.js';
import type { Companion } from '../../database/transaction.js';
import { AcceptsCsv } from './bulk-csv.js';
import { BulkMemberships, type BulkEntry, type BulkResult } from './bulk-memberships.js';
import { readRows } from './bulk-rows.js';
import { BulkMembershipsDto, BulkQuery, BulkResponse, toBulkResponse } from './bulk.dtos.js';

/** The medic of the first example of a creation is new to the hospital, and its ADMIN is left unchanged. */
const ROWS = [{ email: 'ana.nunez@example.org' }, { medic: 1, type_membership: 'ADMIN' }];

/** Adds many medics to a hospital at once (contract, section 14). */
@ApiTags('Memberships')
@Controller('management/memberships/bulk')
export class BulkMembershipsController {
  private readonly memberships: BulkMemberships;

  constructor(
    dataSource: DataSource,
    private readonly limits: AccountLimits,
  ) {
    this.memberships = new BulkMemberships(dataSource);
  }

  @Post()
  @HttpCode(200)
  @Require('membership:create', target.hospitalInBody)
  @AcceptsCsv()
  @Idempotent()
  @Answers({
    summary: 'Add up to 1000 medics to a hospital',
    rules:
      'Each row stands alone: one that cannot be read, or that the rules refuse, fails, and the others are stored. A ' +
      'removed membership is restored only with `"restore": true`. A live one is unchanged, and fails if its type ' +
      'or its end differs, and so does one that is not in force. As `text/csv` the body is a header row and one line per medic, with `hospital` in the query.',
    changes: 'Creates and restores memberships, all in one transaction. Nothing with `"dry_run": true`.',
    body: {
      type: BulkMembershipsDto,
      examples: {
        'Try it first': { hospital: 1, memberships: ROWS, dry_run: true },
        'Add two medics': { hospital: 1, memberships: ROWS },
      },
    },
    ok: BulkResponse,
    headers: REPLAYED,
    errors: { 409: IN_PROGRESS },
  })
  async addMemberships(
    @Caller() caller: CurrentMedic,
    @Body() body: BulkMembershipsDto,
    @Query() query: BulkQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CurrentAttempt() attempt: Attempt | undefined,
  ): Promise<object> {
    const { hospital } = body;
    const isDryRun = body.dry_run === true || query.dry_run === true;
    const entries = readRows(body.memberships);
    // A row that cannot be read fails before anything is looked up, like a request with an invalid field.
    const readable = entries.filter((entry) => !('status' in entry));
    await this.limits.countRows(caller, readable.length, readable.filter(namesEmail).length);
    const write = (companion?: Companion<BulkResult[]>) =>
      this.memberships.add(caller, hospital, entries, isDryRun, companion);
    // A dry run changes nothing, so there is nothing to repeat, and the same key may carry out the upload afterwards.
    const once = isDryRun ? undefined : attempt;
    return answerOnce(reply, once, write, (results) => ({ body: toBulkResponse(results), headers: {} }));
  }
}

function namesEmail(entry: BulkEntry): boolean {
  return 'email' in entry && entry.email !== undefined;
}
