import type { Slice } from '../../database/page.js';
import { Field, wholeNumberType } from '../input/fields.js';

/** How many rows a page has where the request does not say. */
export const DEFAULT_LIMIT = 15;
/** The most rows that a page has; a larger `limit` is lowered to it. */
export const MAX_LIMIT = 1000;

/** Which part of a list is asked for. */
export class PageQuery {
  @Field(wholeNumberType(1), {
    description: `How many to answer: ${String(DEFAULT_LIMIT)} where it is absent, ${String(MAX_LIMIT)} at most.`,
    example: DEFAULT_LIMIT,
  })
  limit?: number;

  @Field(wholeNumberType(0), { description: 'How many to leave out before the first.', example: 0 })
  offset?: number;
}

/** @returns the slice that a query asks for, with the contract's default and maximum */
export function sliceOf(query: PageQuery): Slice {
  return { limit: Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT), offset: query.offset ?? 0 };
}

/** One page of a list and how many rows the whole list has. */
export interface Page<T> {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: T[];
}

/** The URLs of the slices around a slice, or null where there is none. */
export interface Neighbours {
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * @param url the absolute URL of the request
 * @param hasMore whether rows follow the slice
 * @returns the URLs around it, with every other query parameter kept as it was sent
 */
export function neighboursOf(url: string, { limit, offset }: Slice, hasMore: boolean): Neighbours {
  return {
    next: hasMore ? at(url, limit, offset + limit) : null,
    previous: offset > 0 ? at(url, limit, Math.max(offset - limit, 0)) : null,
  };
}

/** @returns the page that answers a request at `url` with these rows of `count` in all */
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
