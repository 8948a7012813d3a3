import { Medic } from '../medics/medic.entity.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import { SCOPE_NAMES } from '../auth/scope.js';
import type { ServiceAccounts } from '../auth/service-accounts.js';
import { ServiceAccount } from '../auth/service-account.entity.js';
import type { TokensService } from '../auth/tokens.service.js';
import type { DataSource } from 'typeorm';

/** The keys that the first start prints. */
export interface FirstKeys {
  readonly medic: string;
  /** Null if the operator has already created service accounts. */
  readonly service: string | null;
}

/**
 * Creates the first medic of an empty embedded database, because nobody could log in otherwise, and the service account
 * `demo` with every scope. The account comes first: if the process ends in between, the next start still prints a
 * medic's key, and `service rotate` gives the account another.
 * @returns their keys, or null if a medic already exists
 */
export async function createFirstCallers(
  dataSource: DataSource,
  tokens: TokensService,
  services: ServiceAccounts,
): Promise<FirstKeys | null> {
  if (await dataSource.manager.exists(Medic)) return null;
  const hasServices = await dataSource.manager.exists(ServiceAccount);
  const service = hasServices ? null : (await services.create({ name: 'demo', scopes: SCOPE_NAMES })).key;
  const first = { name: 'First Medic', email: 'first.medic@example.org' };
  const { token } = await new OperatorMedics(dataSource).create(first, tokens);
  return { medic: token, service };
}

/** @returns the text of the first start: the keys, the URL of the documentation, and one read-only request */
export function welcome(url: string, { medic, service }: FirstKeys): string {
  const base = url.replace(/\/+$/, '');
  return `
The database was empty, so a first medic was created. Its token is shown only once:

  ${medic}
${service === null ? '' : serviceText(service)}
Try the API in a browser: ${base}/docs
Or in another terminal:

  curl ${base}/api/v2/hospital/ -H 'Authorization: Token ${medic}'

`;
}

function serviceText(key: string): string {
  return `
Internal services call with the key of a service account. The account demo has every scope; its key is shown only once:

  ${key}
`;
}
