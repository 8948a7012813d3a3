import { UNREADABLE } from './coercion.js';
import { isDay, type FieldType } from './fields.js';

/** RFC 3339 with an offset, and with at most the six digits that the database stores. */
const INSTANT =
  /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * @returns the instant in UTC with six fractional digits, as the contract writes it, or undefined if the text is not one
 *   of the years 1 to 9999
 */
export function readInstant(text: string): string | undefined {
  const [, day = '', time = '', fraction = '', offset = ''] = INSTANT.exec(text) ?? [];
  if (!isDay(day)) return undefined;
  const iso = new Date(`${day}T${time}${offset.toUpperCase()}`).toISOString();
  if (!/^\d{4}-/.test(iso) || iso.startsWith('0000')) return undefined;
  return `${iso.slice(0, 19)}.${fraction.padEnd(6, '0')}Z`;
}

/** In a query, an unescaped `+` is a space. */
const LOST_PLUS = / (\d\d:\d\d)$/;

/** An instant with an offset; a DTO holds it in UTC with six fractional digits. */
export const instantType: FieldType = {
  read: (value) => {
    if (typeof value !== 'string') return UNREADABLE;
    const hasLostPlus = readInstant(value.replace(LOST_PLUS, '+$1')) !== undefined;
    return readInstant(value) ?? (hasLostPlus ? value : UNREADABLE);
  },
  sentence:
    'Must be an instant with an offset and at most six decimal places of a second, such as 2026-11-28T01:12:12.5Z.',
  check: (text: string) =>
    LOST_PLUS.test(text) ? 'Write the + before the offset as %2B; an unescaped + in a URL is a space.' : undefined,
  schema: { type: 'string', format: 'date-time' },
};
