import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { SCOPE_NAMES, type Scope } from '../../src/auth/scope.js';
import { generateKey } from '../../src/auth/token-key.js';
import type { Service } from '../support/service.js';
import { givenService } from '../support/services.js';

/** Those who try every route for service accounts, in the order of the table's columns. */
export const SERVICE_ACTORS = [
  'no key',
  'unknown key',
  'expired key',
  'revoked account',
  'medic',
  'account with all other scopes',
  'account with the scope',
] as const;

export type ServiceActorName = (typeof SERVICE_ACTORS)[number];

/** One route for service accounts, how it is tried, and what each actor gets. */
export interface ServiceRow {
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  /** As the table shows it. */
  readonly route: string;
  /** From the root. */
  readonly path: string;
  readonly scope: Scope;
  readonly body?: unknown;
  /** A status, with the challenge of a refusal. */
  readonly expected: Readonly<Record<ServiceActorName, string>>;
}

/** @returns what each actor gets on a route that needs the scope */
function scopeNeeded(scope: Scope, status: string): ServiceRow['expected'] {
  const invalid = '401 Bearer error="invalid_token"';
  const insufficient = `403 Bearer error="insufficient_scope", scope="${scope}"`;
  return {
    'no key': '401 Bearer',
    'unknown key': invalid,
    'expired key': invalid,
    'revoked account': invalid,
    medic: insufficient,
    'account with all other scopes': insufficient,
    'account with the scope': status,
  };
}

/** A question whose answer is a deny, which is a 200 as well. */
const QUESTION = {
  subject: { type: 'medic', id: '1' },
  action: { name: 'prescribe' },
  resource: { type: 'hospital', id: '1' },
};

/** @returns the row of an operation of the Authorization API */
function decisionRow(operation: string, route: string, scope: Scope): ServiceRow {
  const path = `/access/v1/${route}`;
  return { operation, method: 'POST', route: path, path, scope, body: QUESTION, expected: scopeNeeded(scope, '200') };
}

export const SERVICE_ROWS: readonly ServiceRow[] = [
  decisionRow('evaluate', 'evaluation', 'decision:check'),
  decisionRow('evaluateAll', 'evaluations', 'decision:check'),
  decisionRow('searchSubjects', 'search/subject', 'decision:search'),
  decisionRow('searchResources', 'search/resource', 'decision:search'),
  decisionRow('searchActions', 'search/action', 'decision:search'),
  {
    operation: 'introspect',
    method: 'POST',
    route: '/oauth2/introspect',
    path: '/oauth2/introspect',
    scope: 'token:introspect',
    body: new URLSearchParams({ token: 'x' }),
    expected: scopeNeeded('token:introspect', '200'),
  },
  ...(['checkpoint', 'proof'] as const).map((name) => ({
    operation: name === 'checkpoint' ? 'getCheckpoint' : 'getProof',
    method: 'GET' as const,
    route: `/record/${name}`,
    path: `/record/${name}${name === 'proof' ? '?position=1' : ''}`,
    scope: 'record:read' as const,
    expected: scopeNeeded('record:read', '200'),
  })),
  {
    operation: 'getTile',
    method: 'GET',
    route: '/record/tile/{level}/{tile}',
    path: '/record/tile/0/000.p/1',
    scope: 'record:read',
    expected: scopeNeeded('record:read', '200'),
  },
  {
    operation: 'getEntryBundle',
    method: 'GET',
    route: '/record/tile/entries/{tile}',
    path: '/record/tile/entries/000.p/1',
    scope: 'record:read',
    expected: scopeNeeded('record:read', '200'),
  },
  {
    operation: 'listEvents',
    method: 'GET',
    route: '/events',
    path: '/events',
    scope: 'event:read',
    expected: scopeNeeded('event:read', '200'),
  },
];

/** @returns the headers of each actor */
export async function serviceHeaders(
  service: Service,
  scope: Scope,
): Promise<Record<ServiceActorName, Record<string, string>>> {
  const [expired, revoked] = [await givenService(service), await givenService(service)];
  await service.dataSource.query(
    `UPDATE service_account SET issued_at = now() - interval '1 day', expires_at = now() WHERE id = $1`,
    [expired.id],
  );
  await service.app.get(ServiceAccounts).revoke(revoked.name);
  const others = SCOPE_NAMES.filter((other) => other !== scope);
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  return {
    'no key': {},
    'unknown key': bearer(generateKey('service')),
    'expired key': bearer(expired.key),
    'revoked account': bearer(revoked.key),
    medic: bearer((await service.given.medic()).token),
    'account with all other scopes': bearer((await givenService(service, ...others)).key),
    'account with the scope': bearer((await givenService(service, scope)).key),
  };
}
