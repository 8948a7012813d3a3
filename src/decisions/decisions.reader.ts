import { Injectable } from '@nestjs/common';
import type { CurrentService } from '../auth/current-service.decorator.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import { rowOf } from '../database/statements.js';
import { RecordReader } from '../record/record-reader.js';

/** A statement that returns one row about the present or the past. */
export interface Read {
  /** Constant SQL for parameters from $2 on. */
  readonly text: string;
  readonly values: readonly unknown[];
  /** Whether it reads the record, which must then have every change that was committed before. */
  readonly isPast: boolean;
}

/** Runs the statements of decisions and searches on the primary, unless they were run together with the key. */
@Injectable()
export class DecisionsReader {
  constructor(
    private readonly reads: Reads,
    private readonly record: RecordReader,
  ) {}

  /**
   * @returns the row of the statement
   * @throws DatabaseUnavailable
   */
  async row<Row extends object>({ id, prefetched }: CurrentService, read: Read): Promise<Row> {
    if (prefetched?.read === read) return prefetched.row as Row;
    const text = `SELECT found.* FROM (${read.text}) found WHERE $1::integer IS NOT NULL AND ${ON_PRIMARY}`;
    const values = [id, ...read.values];
    return rowOf(
      read.isPast
        ? await this.record.read<Row>(text, '"evaluatedAt"', values)
        : await this.reads.query<Row>(text, values),
    );
  }
}
