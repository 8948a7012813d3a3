import type { Operation } from './operations.js';
import type { FuzzRequest } from './requests.js';

/** Counts responses, to show that the run reached every operation. */
export class Tally {
  requests = 0;
  private readonly answers = new Map<string, Map<number, number>>();

  note({ operation, method }: FuzzRequest, status: number): void {
    this.requests += 1;
    if (operation === undefined || method === 'HEAD') return;
    const statuses = this.answers.get(nameOf(operation)) ?? new Map<number, number>();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    this.answers.set(nameOf(operation), statuses);
  }

  /** @returns the number of responses in this range of statuses */
  count(from: number, to: number): number {
    const all = [...this.answers.values()].flatMap((statuses) => [...statuses]);
    return all.reduce((sum, [status, count]) => sum + (status >= from && status <= to ? count : 0), 0);
  }

  /** @returns the number of responses of the operation with this status */
  of(operation: Operation, status: string): number {
    return this.answers.get(nameOf(operation))?.get(Number(status)) ?? 0;
  }
}

/** @returns for example `GET /api/v2/medics/{id}` */
export function nameOf({ method, path }: Operation): string {
  return `${method} ${path}`;
}
