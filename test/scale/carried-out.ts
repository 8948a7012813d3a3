import pg from 'pg';
import type { CarriedOut, PlanNode } from './plan.js';

/** Session settings with which the server reports the executed plan of every statement, including those of triggers. */
export const EXPLAINED = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
};

const noted: CarriedOut[] = [];

/** Records the statements of every connection opened from now until the end of the file's tests. */
export function noteStatements(): void {
  const prototype = pg.Client.prototype as unknown as { connect: (this: pg.Client, ...rest: unknown[]) => unknown };
  const { connect } = prototype;
  beforeAll(() => {
    prototype.connect = function (...rest) {
      this.on('notice', ({ message = '' }) => {
        const [, json] = /^duration: .*? plan:\n([^]*)$/.exec(message) ?? [];
        if (json === undefined) return;
        const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
        noted.push({ text: text.replace(/\s+/g, ' ').trim(), plan });
      });
      return connect.apply(this, rest);
    };
  });
  afterAll(() => {
    prototype.connect = connect;
  });
}

/** @returns the statements executed during `work` */
export async function statementsOf(work: () => Promise<unknown>): Promise<CarriedOut[]> {
  noted.length = 0;
  await work();
  return noted.splice(0);
}
