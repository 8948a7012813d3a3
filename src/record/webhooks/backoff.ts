/** Delays between attempts, in seconds. */
const FIRST_DELAY = 5;
const LONGEST_DELAY = 3600;

/** After so many doublings {@link FIRST_DELAY} exceeds {@link LONGEST_DELAY}. */
const MAX_DOUBLINGS = 10;

/**
 * The delay before the next attempt: 5 s at first, doubled with each failure up to 1 h, then shortened at random by up
 * to half, so that webhooks that failed together are not tried again together.
 * @param failures number of failed attempts in a row, at least 1
 * @param retryAfter in seconds, what the receiver asked for; more than an hour counts as an hour
 * @param random from 0 (inclusive) to 1 (exclusive)
 * @returns whole seconds from 5 to 3600, at least as many as the receiver asked for, up to that maximum
 */
export function delayAfter(failures: number, retryAfter = 0, random = Math.random()): number {
  const longest = Math.min(FIRST_DELAY * 2 ** Math.min(failures - 1, MAX_DOUBLINGS), LONGEST_DELAY);
  const delay = Math.max(FIRST_DELAY, Math.round(longest * (1 - random / 2)));
  return Math.max(delay, Math.min(Math.ceil(retryAfter), LONGEST_DELAY));
}

/** The three formats of an HTTP date (RFC 9110, section 5.6.7), all of which are in GMT. */
const HTTP_DATE = /^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d( GMT| \d{4})$/;

/**
 * @param header the value of `Retry-After`: seconds or an HTTP date
 * @param now in milliseconds since 1970
 * @returns seconds, not negative; undefined if the header is absent or malformed
 */
export function secondsOf(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  if (!HTTP_DATE.test(header)) return undefined;
  // The oldest format, asctime, does not name its time zone.
  const instant = Date.parse(header.endsWith(' GMT') ? header : `${header} GMT`);
  return Number.isNaN(instant) ? undefined : Math.max(0, (instant - now) / 1000);
}
