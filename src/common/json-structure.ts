/** No resource nests deeper than a medic in a membership; far deeper ones would exhaust the stack. */
const MAX_DEPTH = 32;

/** No resource has nearly as many fields, and validation takes quadratic time for them. */
export const MAX_FIELDS = 100;

/** A string, with the colon where it is a key, or a bracket. Each character of valid JSON is read once. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[[\]{}]/g;

/**
 * @param text valid JSON
 * @returns what is wrong with it that a parser would take in silence or break on, or undefined
 */
export function structureProblemOf(text: string): string | undefined {
  const levels: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      if (levels.push(new Set()) > MAX_DEPTH) return `it nests deeper than ${String(MAX_DEPTH)} levels`;
    } else if (token === '}' || token === ']') {
      levels.pop();
    } else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      const keys = levels.at(-1);
      if (keys?.has(key) === true) return `it has the key ${JSON.stringify(key.slice(0, 100))} twice in one object`;
      if ((keys?.add(key).size ?? 0) > MAX_FIELDS) return `it has more than ${String(MAX_FIELDS)} fields in one object`;
    }
  }
  return undefined;
}
