import { Medic } from './medics/medic.entity.js';
import { OperatorMedics } from './medics/operator-medics.js';
import type { TokensService } from './auth/tokens.service.js';
import type { DataSource } from 'typeorm';

/**
 * Creates the first medic of an empty embedded database, which nobody else could enter.
 * @returns the medic's key, or null where there is a medic already
 */
export async function createFirstMedic(dataSource: DataSource, tokens: TokensService): Promise<string | null> {
  if (await dataSource.manager.exists(Medic)) return null;
  const medics = new OperatorMedics(dataSource, tokens);
  const { token } = await medics.create({ name: 'First Medic', email: 'first.medic@example.org' });
  return token;
}

/** @returns what a person needs to try the service out: the key, the page, and two requests to paste */
export function welcome(url: string, key: string): string {
  const base = url.replace(/\/+$/, '');
  const header = `-H 'Authorization: Token ${key}'`;
  return `
The database was empty, so a first medic was created. Its token is shown this once:

  ${key}

Try the API out in a browser: ${base}/docs
or paste these two requests, which create a hospital and list your memberships:

  curl ${base}/api/v2/hospital/ ${header} \\
    --data-urlencode name='Hospital San José' --data-urlencode patron='HOSPITAL SAN JOSÉ' \\
    --data-urlencode location='Monterrey, N.L.' --data-urlencode contact='+52 81 8347 1010'

  curl ${base}/api/v2/management/memberships/ ${header}

`;
}
