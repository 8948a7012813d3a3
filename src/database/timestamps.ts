/**
 * @param text a `timestamptz` in the ISO DateStyle, such as `2020-11-04 01:12:12.017392+00`
 * @returns the timestamp in the format of the contract: ISO 8601 in UTC with six fractional digits. Other texts, such
 *   as `infinity`, are returned unchanged, so that odd data never fails a response.
 */
export function instantOf(text: string): string {
  // Fast path: sessions use the time zone UTC.
  if (text.charAt(10) === ' ' && text.endsWith('+00'))
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  const [, day = '', time = '', fraction = '', zone = ''] = /^(\S+) ([\d:]+)(?:\.(\d+))?([+-].*)$/.exec(text) ?? [];
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  const instant = new Date(`${day}T${time}${offset}`);
  if (Number.isNaN(instant.getTime())) return text;
  return instant.toISOString().replace('.000Z', `.${fraction.padEnd(6, '0')}Z`);
}

/**
 * @param instant SQL of a `timestamptz`
 * @returns the SQL of its age in milliseconds, by the clock of the database
 */
export function ageOf(instant: string): string {
  return `(1000 * extract(epoch FROM clock_timestamp() - ${instant}))::bigint`;
}
