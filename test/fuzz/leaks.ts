/** Patterns that no response may contain, in its body or headers, by name. */
const LEAKS: Record<string, RegExp> = {
  'a statement of SQL':
    /\b(select\s.+\sfrom\s|insert into |update \w+ set |delete from |returning |where \w+ = \$\d)/is,
  'a sentence of the database':
    /duplicate key|violates|syntax error|relation "|column "|invalid input syntax|out of range for type|invalid byte sequence|current transaction is aborted|deadlock detected/i,
  'a name of a constraint or an index': /\b\w+_(pkey|fkey|key_unique|unique|check|known)\b/,
  'a name of the code':
    /QueryFailedError|TypeORM|FST_ERR|HPE_|ERR_[A-Z]+_|TypeError|RangeError|SyntaxError|ExceptionHandler|Nest(js)?\b|fastify/i,
  'a stack': /\bat [^\n]{1,200}:\d+:\d+|node:internal|node_modules/,
  'a path of a file':
    /(^|[^\w.])\/(tmp|home|root|usr|var|work|app|dist|src)\/|\b[A-Z]:\\\\\w+\\\\|file:\/\/|dist\/src|\.(ts|js|mjs|cjs):\d/,
  'a hash of a password': /\$argon2|password_hash/,
  'what is in a password file': /root:.*:0:0/,
};

/**
 * @param text a response, headers included
 * @returns the names of the patterns that it contains
 */
export function leaksIn(text: string): string[] {
  // An instant after "at" looks like a line and a column.
  const withoutInstants = text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, '');
  return Object.entries(LEAKS).flatMap(([name, look]) => {
    const [found] = look.exec(withoutInstants) ?? [];
    return found === undefined ? [] : [`The answer holds ${name}: ${JSON.stringify(found.slice(0, 200))}`];
  });
}
