import { MAX_LIVE_TOKENS } from '../auth/auth.errors.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../http/output/pagination.js';

/** Introduction for a reader before the first request, in Markdown. */
export const INTRODUCTION = `
Memberships of medics at hospitals, with the right that each one gives.

## Try it

Press **Authorize**, paste your key and press **Try it out** on any operation. On a new database, create a hospital,
a medic and a membership, in this order: the examples work as they stand.

## Memberships

A membership relates one medic to one hospital. There is at most one per pair, ever: a deleted membership is restored,
not created again. Only live memberships, those that are neither deleted nor outside their limits in time (\`valid_from\`,
\`valid_until\`), give a right:

- **MEMBER**: may use the hospital and prescribe from it. Cannot edit it.
- **ADMIN**: may also edit the hospital, and view, add, change and remove the memberships of its medics.

One live membership of a medic may be the *active* one: the hospital that the medic is working at now.

## Callers

- **Medic**: a person with a key. Rights at a hospital come only from the medic's own membership there.
- **Integrator's account**: also a medic, used by a system. It can read and change the medics that it created, and
  choose their active hospital where it is an ADMIN. Creating a medic gives no other right.
- **Service account**: an internal service with a key of its own (\`hms_…\`). It reads what its scopes name and never
  changes anything. It is not a medic, and its key opens no route under \`/api/v2\`.
- **Public**: no key. Pictures, health checks and the exchange of a password for a key.

There is no superuser over HTTP. The operator uses the command line.

## Keys

Send \`Authorization: Token <key>\`. A key is shown only once, when it is created. A medic can have
${String(MAX_LIVE_TOKENS)} live keys.

## Errors

Errors below \`/api/v2\` are JSON with a \`message\`. Routes of open standards and \`/version\` return problem details (RFC 9457), introspection the errors of RFC 6749. A 400 usually adds \`errors\`: each field name with its problems.

- **401 \`Invalid Token\`**: the key is missing, unknown, expired or revoked, or its medic is deactivated.
- **401 \`Unauthorized Medic\`**: the key is valid, but its medic lacks the right. The API returns 401 and never 403.
- **404 \`Not found\`**: the resource does not exist, or you may not know about it.
- **409**: the request is valid, but a rule forbids the change. Nothing has changed.

Send the \`X-Request-Id\` of the response with every question to the operator.

## Lists

Lists return \`limit\` items (${String(DEFAULT_LIMIT)} by default, at most ${String(MAX_LIMIT)}) after skipping
\`offset\`. \`next\` and \`previous\` are the URLs of the neighbouring pages, or \`null\`. The list of one hospital's
memberships is a plain array, complete unless \`limit\` or \`offset\` is sent.

## History

Every change of a membership is recorded with the time and the account that made it. ADMINs read the history of their
hospital and of each of its memberships, and list the memberships as they were at an instant (\`at\`). A medic reads the
history of their own live memberships.

## Requests

Bodies are JSON or \`application/x-www-form-urlencoded\`, at most 1 MB. Paths work with and without a trailing slash.
Unknown fields are a 400, so that a misspelt field is not lost. Read-only fields are ignored, so that an object can
be sent back as it was read. In a PATCH, an absent field keeps its value.

## Limits

Requests are limited for each key, account and address. A 429 or 503 has a \`Retry-After\` header: wait that many
seconds, then send the request again.
`.trim();

/** Tags in the order of use. Tokens is last: a client that runs all operations in turn would revoke its own key. */
export const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['Hospitals', 'Places that medics prescribe from.'],
  ['Medics', 'People and integrators that call the API.'],
  ['Memberships', 'The medics of each hospital, and their rights.'],
  ['Locations', 'Your hospitals, and the active one.'],
  ['Pictures', 'Pictures of hospitals.'],
  ['Introspection', "Whose a medic's key is, for a service that receives one."],
  ['Decisions', 'The question before every prescription: the Authorization API 1.0 of OpenID AuthZEN.'],
  ['Events', 'Every change, in order, for services that follow them.'],
  ['Evidence', 'Proofs for auditors that the record is complete and unchanged, and the keys that sign them.'],
  ['Health', 'State and version of the process.'],
  ['Tokens', 'Your keys.'],
];
