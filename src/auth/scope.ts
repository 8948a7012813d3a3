/** Every scope of a service account, and what a key with it may do. Each is granted by name; there is no wildcard. */
export const SCOPES = {
  'decision:check': 'ask for decisions',
  'decision:search': 'search for subjects, resources and actions',
  'token:introspect': "look up whose a medic's key is",
  'event:read': 'read the feed of changes',
  'record:read': 'read the verifiable record',
} as const;

/** The name of a scope. */
export type Scope = keyof typeof SCOPES;

/** The names of all scopes, in the order of the documents. */
export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

/** @returns whether the text names a scope */
export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text);
}
