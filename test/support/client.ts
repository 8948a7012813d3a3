import { setTimeout as sleep } from 'node:timers/promises';
import { Overloaded } from '../../src/common/errors.js';
import { CheckedResponse } from './checked-response.js';
import type { TestDatabase } from './database.js';
import type { ServedDocument } from './document.js';
import { entriesSince, markOf } from './record.js';

/** The parts of a request other than its method and path. */
export interface RequestOptions {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Objects are sent as JSON, URLSearchParams as a form; text and bytes unchanged, as JSON unless `headers` differ. */
  readonly body?: unknown;
  /** Other writers are active, so neither "nothing changed" nor the entries of the write can be checked. */
  readonly concurrent?: boolean;
}

/** The base path of the API. */
export const API = '/api/v2';

const OVERLOADED = new Overloaded().message;

/**
 * Sends requests to the service over HTTP. Each response is checked against the OpenAPI document. Each refused write
 * must leave every row of the database unchanged and no entry in the record, and every other one must say who wrote.
 */
export class Client {
  constructor(
    readonly url: string,
    private readonly database: TestDatabase,
    private readonly document: ServedDocument,
  ) {}

  /** @param path below `/api/v2`, or from the root if it starts with `//`, such as `//health/live` */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<CheckedResponse> {
    const mayWrite = !['GET', 'HEAD', 'OPTIONS'].includes(method) && options.concurrent !== true;
    if (!mayWrite) return this.exchange(method, path, options);
    const { dataSource } = this.database;
    const [before, mark] = await Promise.all([this.rows(), markOf(dataSource)]);
    const answer = await this.exchange(method, path, options);
    if (answer.status >= 400) expect(await this.rows()).toBe(before);
    else {
      const written = await entriesSince(dataSource, mark);
      expect(written.filter(({ actor, request }) => actor.type !== 'medic' || request === null)).toEqual([]);
    }
    return answer;
  }

  get(path: string, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('GET', path, options);
  }

  post(path: string, body?: unknown, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('POST', path, { ...options, body });
  }

  patch(path: string, body?: unknown, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('PATCH', path, { ...options, body });
  }

  delete(path: string, options?: RequestOptions): Promise<CheckedResponse> {
    return this.send('DELETE', path, options);
  }

  /** @returns every row of every table, and how many changes are recorded, as text */
  async rows(): Promise<string> {
    const tables = [
      'medic',
      'api_token',
      'hospital',
      'membership',
      'hospital_picture',
      'service_account',
      'idempotent_response',
      'webhook',
    ];
    const columns = tables.map(
      (table) => `(SELECT json_agg(to_jsonb(t) - 'last_used_at' ORDER BY t) FROM ${table} t) AS ${table}`,
    );
    // Entries move from one table to the other at any time; their number stays the same.
    columns.push('(SELECT position FROM record_head) + (SELECT count(*) FROM record_inbox) AS changes');
    return JSON.stringify(await this.database.dataSource.query(`SELECT ${columns.join(', ')}`));
  }

  private async exchange(
    method: string,
    path: string,
    { token, headers = {}, body }: RequestOptions,
  ): Promise<CheckedResponse> {
    const target = path.startsWith('//') ? path.slice(1) : `${API}${path}`;
    const isRaw =
      body === undefined ||
      typeof body === 'string' ||
      body instanceof URLSearchParams ||
      body instanceof Uint8Array ||
      body instanceof FormData;
    const isJson = body !== undefined && !(body instanceof URLSearchParams) && !(body instanceof FormData);
    const response = await fetch(this.url + target, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Token ${token}` }),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    });
    const answer = await CheckedResponse.of(response);
    this.document.check(method, target, answer.status, response.headers.get('content-type') ?? '', answer.json);
    if (answer.status !== 503 || !answer.text.includes(OVERLOADED)) return answer;
    // On a busy machine the process sheds load, which is not what the test is about.
    await sleep(100);
    return this.exchange(method, path, { token, headers, body });
  }
}
