/** Sends without a pause until `until` settles, but at most `most` times. @returns the statuses */
export async function meanwhile(until: Promise<unknown>, most: number, send: () => Promise<number>): Promise<number[]> {
  const statuses: number[] = [];
  const state = { isOver: false };
  const end = () => (state.isOver = true);
  until.then(end, end);
  while (!state.isOver && statuses.length < most) statuses.push(await send());
  return statuses;
}

/** @returns the number of occurrences of each status */
export function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
