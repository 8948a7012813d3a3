/**
 * @param text a `timestamptz` as PostgreSQL writes it, such as `2020-11-04 01:12:12.017392+00`
 * @returns the same instant as the contract has it: ISO 8601 in UTC with six digits
 */
export function instantOf(text: string): string {
  // The usual form, in which PostgreSQL writes each instant of a list where its time zone is UTC.
  if (text.charAt(10) === ' ' && text.endsWith('+00'))
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  const [, day = '', time = '', fraction = '', zone = ''] = /^(\S+) ([\d:]+)(?:\.(\d+))?([+-].*)$/.exec(text) ?? [];
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  return new Date(`${day}T${time}${offset}`).toISOString().replace('.000Z', `.${fraction.padEnd(6, '0')}Z`);
}
