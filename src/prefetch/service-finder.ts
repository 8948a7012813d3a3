import type { FastifyRequest } from 'fastify';
import type { CurrentService } from '../auth/current-service.decorator.js';
import type { ServiceFinder } from '../auth/prefetch.js';
import type { Scope } from '../auth/scope.js';
import { serviceOfKey } from '../auth/service-callers.js';
import { InvalidFields } from '../common/errors.js';
import type { Reads } from '../database/reads.js';
import type { Asked } from '../decisions/asked.js';
import type { Read } from '../decisions/decisions.reader.js';
import type { RecordReader } from '../record/record-reader.js';

/** The account of a key, with the columns of the row that the route asked for. */
type Row = CurrentService & Readonly<Record<string, unknown>>;

/** Finds the service accounts of a route together with the row that its request asks for. */
export class PrefetchingServiceFinder implements ServiceFinder {
  /** Text of the route's statement -> text that checks the key as well. */
  private readonly texts = new Map<string, string>();

  constructor(
    private readonly reads: Reads,
    private readonly record: RecordReader,
    private readonly asked: Asked<unknown>,
    private readonly scope: Scope,
  ) {}

  find(digest: Buffer, request: FastifyRequest): Promise<CurrentService | null> | undefined {
    const read = this.readOf(request);
    return read === undefined ? undefined : this.findWith(digest, read);
  }

  private async findWith(digest: Buffer, read: Read): Promise<CurrentService | null> {
    const text = this.textWithKey(read.text);
    const values = [digest, ...read.values];
    const [row] = read.isPast
      ? await this.record.read<Row>(text, 'id', values, {
          needsRecord: (rows) => rows.some((row) => this.isGranted(row)),
        })
      : await this.reads.query<Row>(text, values);
    if (row === undefined) return null;
    const { id, scopes } = row;
    return { id, scopes, prefetched: this.isGranted(row) ? { read, row } : undefined };
  }

  private isGranted({ scopes }: Row): boolean {
    return scopes.includes(this.scope);
  }

  /** @returns nothing if the body is wrong: the key is checked first, and the handler names the problem */
  private readOf(request: FastifyRequest): Read | undefined {
    try {
      return this.asked.of(request).read;
    } catch (error) {
      if (error instanceof InvalidFields) return undefined;
      throw error;
    }
  }

  private textWithKey(text: string): string {
    let withKey = this.texts.get(text);
    if (withKey === undefined) {
      withKey = withServiceKey(text, this.scope);
      this.texts.set(text, withKey);
    }
    return withKey;
  }
}

/**
 * @param text a SELECT of one row, for parameters from $2 on
 * @param scope that the account needs: without it `text` is not executed, and its columns are null. OFFSET 0 makes the
 *   scope a condition of executing `text`; otherwise PostgreSQL would check it after that.
 * @returns SQL that also finds the account of the key $1
 */
export function withServiceKey(text: string, scope: Scope): string {
  const granted = `SELECT asked.* FROM (${text}) asked WHERE '${scope}' = ANY (a.scopes) OFFSET 0`;
  return serviceOfKey(', found.*', `LEFT JOIN LATERAL (${granted}) found ON true`);
}
