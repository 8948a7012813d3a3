import { Medic } from '../medics/medic.entity.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import type { TokensService } from '../auth/tokens.service.js';
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

/** @returns what a person needs to try the service: the key, the page, and one request that changes nothing */
export function welcome(url: string, key: string): string {
  const base = url.replace(/\/+$/, '');
  return `
The database was empty, so a first medic was created. Its token is shown this once:

  ${key}

Try the API in a browser: ${base}/docs
or in another terminal:

  curl ${base}/api/v2/hospital/ -H 'Authorization: Token ${key}'

`;
}
