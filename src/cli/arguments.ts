import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError the text cannot be the name of a service account or a webhook */
export function shortName(text: string): string {
  if (!/^[a-z0-9-]{1,64}$/.test(text)) throw new InvalidArgumentError('It must have 1 to 64 of a-z 0-9 -.');
  return text;
}

/** @returns a function that reads a number of seconds, and throws InvalidArgumentError for anything else */
export function secondsUpTo(max: number): (text: string) => number {
  return (text) => {
    const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (seconds <= max) return seconds;
    throw new InvalidArgumentError(`It must be a whole number of seconds from 0 to ${String(max)}.`);
  };
}
