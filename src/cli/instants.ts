import { InvalidArgumentError } from 'commander';
import { readInstant } from '../http/input/instants.js';

/**
 * @returns the time in UTC with microseconds, which a `Date` would lose
 * @throws InvalidArgumentError it is not a time in the future
 */
export function futureInstant(text: string): string {
  const instant = readInstant(text);
  if (instant === undefined || !(new Date(instant) > new Date())) {
    throw new InvalidArgumentError(
      'It must be a time in the future, such as 2030-01-31T12:00:00Z, with at most six decimal places of a second.',
    );
  }
  return instant;
}

/**
 * @returns the time as {@link futureInstant} does
 * @throws InvalidArgumentError it is not a time in the past
 */
export function pastInstant(text: string): string {
  const instant = readInstant(text);
  if (instant === undefined || new Date(instant) > new Date()) {
    throw new InvalidArgumentError(
      'It must be a time in the past, such as 2026-03-31T12:00:00Z, with at most six decimal places of a second.',
    );
  }
  return instant;
}

/**
 * @param years how far ahead the time may be
 * @returns the time as {@link futureInstant} does
 * @throws InvalidArgumentError it is not a time in the future, or too far ahead
 */
export function futureInstantWithin(years: number, text: string): string {
  const instant = futureInstant(text);
  const last = new Date();
  last.setUTCFullYear(last.getUTCFullYear() + years);
  if (new Date(instant) > last) throw new InvalidArgumentError(`It must be at most ${String(years)} years ahead.`);
  return instant;
}
