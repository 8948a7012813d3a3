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
  const header = `-H 'Authorization: Token ${key}'`;
  return `
The database was empty, so a first medic was created. Its token is shown this once:

  ${key}

Try the API out in a browser: ${url}/docs
or paste these two requests, which create a hospital and list your memberships:

  curl ${url}/api/v2/hospital/ ${header} \\
    -d name='Hospital San José' -d patron='HOSPITAL SAN JOSÉ' -d location='Monterrey, N.L.' -d contact='+52 81 8347 1010'

  curl ${url}/api/v2/management/memberships/ ${header}

`;
}
