/**
 * @param column a `timestamptz` expression of SQL, never input
 * @returns the SQL that answers it as the contract does: ISO 8601 in UTC with six digits, or null
 */
export function instant(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
