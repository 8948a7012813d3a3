/**
 * @param text a `timestamptz` as PostgreSQL writes it with `DateStyle = ISO`, such as `2020-11-04 01:12:12.017392+00`
 * @returns the same instant as the contract has it: ISO 8601 in UTC with six digits. A text that is no such instant,
 *   such as `infinity`, is returned as it is: an answer about something stored must not fail because of it.
 */
export function instantOf(text: string): string {
  // The usual form: sessions have the time zone UTC.
  if (text.charAt(10) === ' ' && text.endsWith('+00'))
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  const [, day = '', time = '', fraction = '', zone = ''] = /^(\S+) ([\d:]+)(?:\.(\d+))?([+-].*)$/.exec(text) ?? [];
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  const instant = new Date(`${day}T${time}${offset}`);
  if (Number.isNaN(instant.getTime())) return text;
  return instant.toISOString().replace('.000Z', `.${fraction.padEnd(6, '0')}Z`);
}
