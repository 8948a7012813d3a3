/**
 * @param text a `timestamptz` as PostgreSQL writes it, such as `2020-11-04 01:12:12.017392+00`
 * @returns the same instant as the contract has it: ISO 8601 in UTC with six digits
 */
export function instantOf(text: string): string {
  const [, day = '', time = '', fraction = '', zone = ''] = /^(\S+) ([\d:]+)(?:\.(\d+))?([+-].*)$/.exec(text) ?? [];
  const micros = `.${fraction.padEnd(6, '0')}Z`;
  if (zone === '+00') return `${day}T${time}${micros}`;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  return new Date(`${day}T${time}${offset}`).toISOString().replace('.000Z', micros);
}
