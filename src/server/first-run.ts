import { Medic } from '../medics/medic.entity.js';
import { OperatorMedics } from '../medics/operator-medics.js';
import type { TokensService } from '../auth/tokens.service.js';
import type { DataSource } from 'typeorm';

/**
 * Creates the first medic of an empty embedded database, because nobody could log in otherwise.
 * @returns the medic's key, or null if a medic already exists
 */
export async function createFirstMedic(dataSource: DataSource, tokens: TokensService): Promise<string | null> {
  if (await dataSource.manager.exists(Medic)) return null;
  const medics = new OperatorMedics(dataSource, tokens);
  const { token } = await medics.create({ name: 'First Medic', email: 'first.medic@example.org' });
  return token;
}

/** @returns the text of the first start: the key, the URL of the documentation, and one read-only request */
export function welcome(url: string, key: string): string {
  const base = url.replace(/\/+$/, '');
  return `
The database was empty, so a first medic was created. Its token is shown only once:

  ${key}

Try the API in a browser: ${base}/docs
Or in another terminal:

  curl ${base}/api/v2/hospital/ -H 'Authorization: Token ${key}'

`;
}
