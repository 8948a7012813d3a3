/** @returns SQL for a `timestamptz` as the contract has it: ISO 8601 in UTC with six digits */
export function instant(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
