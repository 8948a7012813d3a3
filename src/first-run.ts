import { inTransaction } from './database/transaction.js';
import { Medic } from './medics/medic.entity.js';
import type { TokensService } from './auth/tokens.service.js';
import type { DataSource } from 'typeorm';

/**
 * Creates the first medic of an empty embedded database, which nobody else could enter.
 * @returns the medic's key, or null where there is a medic already
 */
export function createFirstMedic(dataSource: DataSource, tokens: TokensService): Promise<string | null> {
  return inTransaction(dataSource, async (manager) => {
    if (await manager.exists(Medic)) return null;
    const email = 'first.medic@example.org';
    const inserted = await manager.insert(Medic, { name: 'First Medic', email, emailKey: email });
    return tokens.issue(manager, (inserted.identifiers[0] as { id: number }).id, 'first');
  });
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
