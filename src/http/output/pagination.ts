import type { Slice } from '../../database/page.js';
import { Field, wholeNumberType } from '../input/fields.js';

/** Items per page if the request does not say. */
export const DEFAULT_LIMIT = 15;
/** A larger `limit` is lowered to this. */
export const MAX_LIMIT = 1000;

/** Selects a slice of a list. */
export class PageQuery {
  @Field(wholeNumberType(1), {
    description: `Number of items to return, ${String(DEFAULT_LIMIT)} by default. Values over ${String(MAX_LIMIT)} count as ${String(MAX_LIMIT)}.`,
  })
  limit?: number;

  @Field(wholeNumberType(0), { description: 'Number of items to skip.' })
  offset?: number;
}

/** @returns the requested slice, with the contract's default and maximum */
export function sliceOf(query: PageQuery): Slice {
  return { limit: Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT), offset: query.offset ?? 0 };
}

/** One page of a list; `count` is the length of the whole list. */
export interface Page<T> {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: T[];
}

/** URLs of the pages before and after a slice; null if there is none. */
export interface Neighbours {
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * @param url the absolute URL of the request
 * @param hasMore whether rows follow the slice
 * @returns the URLs of the neighbouring pages; other query parameters are kept unchanged
 */
export function neighboursOf(url: string, { limit, offset }: Slice, hasMore: boolean): Neighbours {
  return {
    next: hasMore ? at(url, limit, offset + limit) : null,
    previous: offset > 0 ? at(url, limit, Math.max(offset - limit, 0)) : null,
  };
}

/**
 * @param url the absolute URL of the request
 * @param count the length of the whole list
 */
export function pageOf<T>(url: string, slice: Slice, count: number, results: T[]): Page<T> {
  return { count, ...neighboursOf(url, slice, slice.offset + slice.limit < count), results };
}

function at(url: string, limit: number, offset: number): string {
  const { origin, pathname, search } = new URL(url);
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isSlicing(pair));
  return `${origin}${pathname}?${[...kept, `limit=${String(limit)}`, `offset=${String(offset)}`].join('&')}`;
}

function isSlicing(pair: string): boolean {
  const [name] = new URLSearchParams(pair).keys();
  return name === 'limit' || name === 'offset';
}
