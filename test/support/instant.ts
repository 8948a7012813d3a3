/** @returns SQL that formats a `timestamptz` as the contract requires: ISO 8601 in UTC with six fractional digits */
export function instant(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
